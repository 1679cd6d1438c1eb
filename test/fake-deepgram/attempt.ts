import { type ClientRequest, type IncomingMessage, request as plain } from "node:http";
import { request as secure } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import type { SizedBody } from "../support/bodies/sized.ts";
import type { Delivery } from "./job.ts";

export type Sending = Delivery & {
  body: SizedBody;
  chunked: boolean;
  trickleMs: number;
  /** Breaks off after this many bytes of the body. */
  cutAfterBytes: number | null;
  /** Longest silence of the other side. */
  timeoutMs: number;
  signal: AbortSignal;
};

export type Outcome = { status: number | null; error: string | null };

/** With `trickleMs` the body goes out in about so many pieces. */
const TRICKLE_PIECES = 10;

const headersOf = (sending: Sending): Record<string, string> => ({
  host: sending.url.host,
  "content-type": "application/json",
  ...(sending.chunked
    ? { "transfer-encoding": "chunked" }
    : { "content-length": String(sending.body.byteLength) }),
  accept: "*/*",
  ...(sending.dgToken !== null && { "dg-token": sending.dgToken }),
  ...(sending.authorization !== null && { authorization: sending.authorization }),
});

function* piecesOf({ body, trickleMs, cutAfterBytes }: Sending): Generator<Uint8Array> {
  let left = cutAfterBytes ?? Number.POSITIVE_INFINITY;
  const size =
    trickleMs > 0 ? Math.ceil(body.byteLength / TRICKLE_PIECES) : Number.POSITIVE_INFINITY;
  for (const chunk of body.chunks()) {
    for (let at = 0; at < chunk.byteLength && left > 0; at += size) {
      const piece = chunk.subarray(at, Math.min(at + size, at + left, chunk.byteLength));
      left -= piece.byteLength;
      yield piece;
    }
  }
}

const written = (request: ClientRequest, piece: Uint8Array): Promise<void> =>
  new Promise((resolve, reject) => {
    request.write(piece, (error) => (error ? reject(error) : resolve()));
  });

const sendBody = async (request: ClientRequest, sending: Sending): Promise<void> => {
  const { trickleMs, signal } = sending;
  let sent = 0;
  request.flushHeaders();
  for (const piece of piecesOf(sending)) {
    if (sent > 0 && trickleMs > 0) await sleep(trickleMs, undefined, { signal });
    if (request.destroyed) return;
    await written(request, piece);
    sent += piece.byteLength;
  }
  if (sending.cutAfterBytes === null) request.end();
  else request.destroy(new Error(`broken off after ${sending.cutAfterBytes} bytes, as configured`));
};

const answerOf = (request: ClientRequest): Promise<number> =>
  new Promise((resolve, reject) => {
    request.once("error", reject);
    request.once("response", (response: IncomingMessage) => {
      response.once("error", reject);
      response.once("end", () => resolve(response.statusCode ?? 0));
      response.resume();
    });
  });

/**
 * Makes one callback request with the headers Deepgram was seen to send and no others: no
 * `user-agent`, no `connection`, no `accept-encoding`. Redirects are not followed.
 */
export const attempt = async (sending: Sending): Promise<Outcome> => {
  const send = sending.url.protocol === "https:" ? secure : plain;
  const request = send(sending.url, {
    method: sending.method,
    headers: headersOf(sending),
    setDefaultHeaders: false,
    agent: false,
    signal: sending.signal,
  });
  request.setTimeout(sending.timeoutMs, () => request.destroy(new Error("timed out")));
  const answer = answerOf(request);
  answer.catch(() => {});
  try {
    await Promise.race([answer, sendBody(request, sending)]);
    return { status: await answer, error: null };
  } catch (error) {
    return { status: null, error: error instanceof Error ? error.message : String(error) };
  } finally {
    request.destroy();
  }
};
