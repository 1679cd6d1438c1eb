import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import worker from "../../src/index.ts";
import type { ListenOptions } from "./bodies/options.ts";
import { listenBody } from "./bodies.ts";
import { eventually } from "./eventually.ts";
import { recordingQueue } from "./faulty.ts";

/** The credentials that test/vitest.config.ts configures. */
export const BASIC = basic("deepgram:first-password");
export const SECRET = "first-secret";

/** The header for `user:password`, in UTF-8. */
export function basic(userAndPassword: string): string {
  return `Basic ${new TextEncoder().encode(userAndPassword).toBase64()}`;
}

type Delivery = {
  env?: Partial<Env>;
  method?: string;
  /** Null sends none. */
  authorization?: string | null;
  headers?: Record<string, string>;
  path?: string;
};

/**
 * Sends a request through the Worker's own door; `replaced` replaces single bindings and variables.
 * What is queued stays undelivered: the consumer's tests hand it over themselves.
 */
export async function send(request: Request, replaced: Partial<Env> = {}): Promise<Response> {
  const context = createExecutionContext();
  const incoming = request as Request<unknown, IncomingRequestCfProperties>;
  const response = await worker.fetch(
    incoming,
    { ...env, FOLLOW_UP_QUEUE: recordingQueue().queue, ...replaced },
    context,
  );
  return response;
}

/** Delivers a body to `/hook` as Deepgram does, with a valid Basic header unless told otherwise. */
export function deliver(body: BodyInit | null, delivery: Delivery = {}): Promise<Response> {
  const { method = "POST", authorization = BASIC, headers, path = "/hook" } = delivery;
  const request = new Request(`https://edge.test${path}`, {
    method,
    body,
    headers: {
      "content-type": "application/json",
      ...(authorization !== null && { authorization }),
      ...headers,
    },
  });
  return send(request, delivery.env);
}

/** A finished transcript of our own making as text, under a new id unless one is given. */
export function transcript(options: ListenOptions = {}): { id: string; body: string } {
  const id = options.requestId ?? crypto.randomUUID();
  return { id, body: JSON.stringify(listenBody({ words: 12, ...options, requestId: id })) };
}

/** Every key in R2. */
export async function storedKeys(): Promise<string[]> {
  return (await env.TRANSCRIPTS.list()).objects.map(({ key }) => key);
}

/** Every key in R2 once no body is in the spool any more. */
export function settledKeys(): Promise<string[]> {
  return eventually(async () => {
    const keys = await storedKeys();
    if (keys.some((key) => key.startsWith("spool/"))) throw new Error(`still there: ${keys}`);
    return keys;
  });
}

/** The stored text under a key. */
export async function storedText(key: string): Promise<string | undefined> {
  return (await env.TRANSCRIPTS.get(key))?.text();
}
