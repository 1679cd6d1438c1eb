import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { request as httpsRequest } from "node:https";
import { buffer } from "node:stream/consumers";

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
