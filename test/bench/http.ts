import { createHash } from "node:crypto";
import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";
import type { Callback } from "./bodies.ts";
import { type BenchWorker, PASSWORD, READ_TOKEN, USER } from "./worker.ts";

export type Answer = {
  status: number;
  bytes: number;
  /** Of the body, in lower-case hexadecimal. */
  sha256: string;
  /** From the request to the first byte of the body, and to the last, in milliseconds. */
  firstByteMs: number;
  ms: number;
};

const agent = new Agent({ keepAlive: true, maxSockets: 16 });
const WRITE_BYTES = 262_144;

/** Sends a callback as Deepgram does, with a length and Basic Auth. Rejects when the connection breaks. */
export function deliver({ url }: BenchWorker, callback: Callback): Promise<Answer> {
  const headers = {
    authorization: `Basic ${btoa(`${USER}:${PASSWORD}`)}`,
    "content-type": "application/json",
    "content-length": callback.bytes,
  };
  return exchange(new URL(`/hook?id=${callback.id}`, url), {
    method: "PUT",
    headers,
    parts: callback.parts,
  });
}

/** Posts a callback to a receiver of any kind; throws when it is not taken. */
export async function posted(url: URL, callback: Callback, credential: object): Promise<Answer> {
  const { parts, bytes } = callback;
  const headers = { "content-type": "application/json", "content-length": bytes, ...credential };
  const answer = await exchange(url, { method: "POST", headers, parts });
  if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}`);
  return answer;
}

/** Delivers a callback; throws when it is not taken. */
export async function stored(worker: BenchWorker, callback: Callback): Promise<Answer> {
  const answer = await deliver(worker, callback);
  if (answer.status !== 200) throw new Error(`${worker.name} answered ${answer.status}`);
  return answer;
}

export function read({ url }: BenchWorker, path: string): Promise<Answer> {
  const headers = { authorization: `Bearer ${READ_TOKEN}` };
  return exchange(new URL(path, url), { method: "GET", headers, parts: [] });
}

/** Throws unless it is answered with 200. */
export async function ok(answering: Promise<{ status: number }>): Promise<void> {
  const { status } = await answering;
  if (status !== 200) throw new Error(`answered ${status}`);
}

/** A read without a credential. */
export const readBare = (url: URL): Promise<Answer> =>
  exchange(url, { method: "GET", headers: {}, parts: [] });

export const readTranscript = (worker: BenchWorker, id: string, suffix: string) =>
  read(worker, `/v1/transcripts/${id}${suffix}`);

async function exchange(
  url: URL,
  { method, headers, parts }: { method: string; headers: object; parts: Uint8Array[] },
): Promise<Answer> {
  const started = performance.now();
  const sending = request(url, { method, headers: { ...headers }, agent });
  const answered = once(sending, "response") as Promise<[IncomingMessage]>;
  answered.catch(() => {});
  for (const part of parts) {
    for (let from = 0; from < part.length && !sending.destroyed; from += WRITE_BYTES) {
      const isTaken = sending.write(part.subarray(from, from + WRITE_BYTES));
      if (!isTaken) await Promise.race([once(sending, "drain"), answered]);
    }
  }
  sending.end();
  const [response] = await answered;
  const hash = createHash("sha256");
  let bytes = 0;
  let firstByteMs = Number.NaN;
  for await (const chunk of response) {
    if (bytes === 0) firstByteMs = performance.now() - started;
    bytes += chunk.length;
    hash.update(chunk);
  }
  const ms = performance.now() - started;
  return { status: response.statusCode ?? 0, bytes, sha256: hash.digest("hex"), firstByteMs, ms };
}
