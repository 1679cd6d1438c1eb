import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { request as httpsRequest } from "node:https";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import type { Finding, SmokeOptions } from "./smoke.ts";

export type Answer = { status: number; headers: IncomingHttpHeaders; body: Buffer };

/** As long may a body of 4 MiB take over a slow line. */
const TIMEOUT_MS = 60_000;

/**
 * One request as Deepgram makes it: with no header but the given ones, so without a User-Agent, and
 * without following redirects. Rejects when no answer comes within a minute.
 */
export async function call(
  url: URL,
  { method = "GET", headers = {}, body }: Call = {},
): Promise<Answer> {
  const request = url.protocol === "https:" ? httpsRequest : httpRequest;
  const isAnnounced = body !== undefined && headers["transfer-encoding"] === undefined;
  const length = isAnnounced ? { "content-length": body.length } : {};
  const options = { method, headers: { ...headers, ...length }, agent: false as const };
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  return new Promise((resolve, reject) => {
    const sent = request(url, { ...options, signal }, (response) => {
      const { statusCode = 0, headers } = response;
      buffer(response).then((body) => resolve({ status: statusCode, headers, body }), reject);
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** Headers of an operator's request, with an API token. */
export const bearer = (token: string) => ({ ...AGENT, authorization: `Bearer ${token}` });

export const AGENT = { "user-agent": "deepgram-edge-receiver-smoke" };

export const reasonOf = (error: unknown) =>
  error instanceof Error ? error.message : String(error);

/** The body of an answer; null when it is not JSON. */
export function jsonOf<Value>({ body }: Answer): Partial<Value> | null {
  try {
    return JSON.parse(body.toString()) as Partial<Value> | null;
  } catch {
    return null;
  }
}

type Call = { method?: string; headers?: Record<string, string>; body?: Buffer };

const POLL_MS = 1_000;
/** Of as many connections: a version is not on all of Cloudflare's machines at the same moment. */
const ANSWERS_IN_A_ROW = 3;

type Health = { version?: string; storage?: object };

/**
 * Waits until the given version answers, as `/health` tells operators, or `waitMs` is over. `ok` is
 * null when the token is not one of theirs, and false when another version answers still.
 */
export async function awaitVersion(options: SmokeOptions, version: string): Promise<Finding> {
  const deadline = performance.now() + options.waitMs;
  let inARow = 0;
  for (;;) {
    const seen = await answering(options);
    if (seen === "hidden") {
      return { ok: null, what: "which version answers is not seen: the token has no scope admin" };
    }
    inARow = seen === version ? inARow + 1 : 0;
    if (inARow === ANSWERS_IN_A_ROW) return { ok: true, what: `version ${version} answers` };
    if (inARow === 0) {
      if (performance.now() >= deadline) return late(version, seen);
      await sleep(POLL_MS);
    }
  }
}

/** The id of the version, or what stands in its place. */
async function answering({ url, token }: SmokeOptions): Promise<string> {
  const answer = await call(new URL("/health", url), { headers: bearer(token) }).catch(reasonOf);
  if (typeof answer === "string") return answer;
  const health = jsonOf<Health & { problems: unknown }>(answer);
  if (!Array.isArray(health?.problems)) return `${answer.status}`;
  if (health.storage === undefined) return "hidden";
  return health.version ?? "one that does not tell its id";
}

const late = (version: string, seen: string): Finding => ({
  ok: false,
  what: `version ${version} does not answer yet, but ${seen}`,
  hints: [
    "It is deployed. What follows would try another version: run npm run smoke in a few minutes.",
  ],
});
