import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import worker from "../../src/index.ts";
import { listObjects } from "../../src/store/bucket.ts";
import type { ListenOptions } from "./bodies/options.ts";
import { listenBody } from "./bodies.ts";
import { recordingQueue } from "./faulty.ts";
import { UNLIMITED } from "./unlimited.ts";

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
    { ...env, ...limitersOf(request), FOLLOW_UP_QUEUE: recordingQueue().queue, ...replaced },
    context,
  );
  return response;
}

/** All tests share one Worker: its limiters count only for those that are about them. */
const limitersOf = (request: Request): Partial<Env> =>
  request.headers.has("cf-connecting-ip")
    ? { API_RATE_LIMIT: UNLIMITED.API_RATE_LIMIT }
    : UNLIMITED;

/** Delivers a body to `/hook` as Deepgram does, with a valid Basic header by default. */
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

/** Every object in R2. R2 gives fewer of them at once where their metadata is asked for. */
const storedObjects = () => Array.fromAsync(listObjects(env.TRANSCRIPTS, ""));

/** Every key in R2. */
export async function storedKeys(): Promise<string[]> {
  return (await storedObjects()).map(({ key }) => key);
}

const isOfLargeBody = (key: string) => /^(bodies|body-refs)\//.test(key);

/** The large bodies that an object names; a tombstone only remembers one. */
const namedBodies = (objects: readonly R2Object[]): string[] =>
  objects
    .filter(({ key, customMetadata }) => !isOfLargeBody(key) && customMetadata?.state !== "deleted")
    .flatMap(({ customMetadata }) => customMetadata?.body ?? [])
    .filter((body) => body.startsWith("bodies/"));

/**
 * Every key in R2 but those of large bodies. Rejects unless each of these is named, has its reference,
 * and no other is there.
 */
export async function settledKeys(): Promise<string[]> {
  const objects = await storedObjects();
  const keys = objects.map(({ key }) => key);
  const bodies = [...new Set(namedBodies(objects))];
  const expected = [...bodies, ...bodies.map((body) => body.replace("bodies/", "body-refs/"))];
  const found = keys.filter(isOfLargeBody);
  if (found.sort().join() !== expected.sort().join()) {
    throw new Error(`bodies: ${found}, named: ${expected}`);
  }
  return keys.filter((key) => !isOfLargeBody(key));
}

/** The stored text under a key, or that of the large body that is named there. */
export async function storedText(key: string): Promise<string | undefined> {
  const object = await env.TRANSCRIPTS.get(key);
  const body = object?.customMetadata?.body;
  return body === undefined ? object?.text() : (await env.TRANSCRIPTS.get(body))?.text();
}
