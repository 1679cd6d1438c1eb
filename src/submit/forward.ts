import * as z from "zod";
import type { Config } from "../config/config.ts";
import { type RequestId, requestId } from "../deepgram/request-id.ts";
import { parseJson } from "../lib/bytes.ts";
import { hex } from "../lib/digest.ts";

/** What Deepgram answered, or that nobody knows whether it has taken the audio. */
export type Forwarded =
  | {
      answered: true;
      response: Response;
      /** Of the audio, once all of it was sent; null when Deepgram did not take all of it. */
      audioSha256: Promise<string | null>;
    }
  | { answered: false };

export type Submission = {
  query: URLSearchParams;
  callback: string;
  headers: Headers;
  body: ReadableStream<Uint8Array> | string | null;
  /**
   * Called with the SHA-256 of streamed audio before its last part is sent. Until it resolves Deepgram
   * cannot have accepted the audio; when it rejects, the submission is broken off.
   */
  beforeLastPart?: (audioSha256: string) => Promise<void>;
};

/** Deepgram answers a submission with a callback once it has all of the audio. */
export const ANSWER_TIMEOUT_MS = 600_000;

/**
 * Sends a submission to Deepgram's `/v1/listen` with our key and callback. Audio streams through, of
 * the length that was announced, and is digested on its way.
 */
export async function forward(
  { url, apiKey }: Config["deepgram"],
  { query, callback, headers, body, beforeLastPart }: Submission,
): Promise<Forwarded> {
  const listen = new URL(`${url}/v1/listen`);
  listen.search = new URLSearchParams([...query, ["callback", callback]]).toString();
  const audio = body instanceof ReadableStream ? digested(body, headers, beforeLastPart) : null;
  try {
    const response = await fetch(listen, {
      method: "POST",
      headers: forwardedHeaders(headers, apiKey),
      body: audio?.readable ?? (body as string | null),
      redirect: "manual",
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    return { answered: true, response, audioSha256: audio?.sha256 ?? Promise.resolve(null) };
  } catch {
    return { answered: false };
  }
}

function forwardedHeaders(headers: Headers, apiKey: string): Headers {
  const sent = new Headers({ authorization: `Token ${apiKey}` });
  for (const name of ["content-type", "user-agent"]) {
    const value = headers.get(name);
    if (value !== null) sent.set(name, value);
  }
  return sent;
}

function digested(
  body: ReadableStream<Uint8Array>,
  headers: Headers,
  beforeLastPart: Submission["beforeLastPart"],
) {
  const length = headers.get("content-length");
  // A length that is known stays known only through this one.
  const { readable, writable } =
    length === null ? new IdentityTransformStream() : new FixedLengthStream(Number(length));
  return { readable, sha256: pump(body, writable, beforeLastPart).catch(() => null) };
}

async function pump(
  body: ReadableStream<Uint8Array>,
  writable: WritableStream<Uint8Array>,
  beforeLastPart: Submission["beforeLastPart"],
): Promise<string> {
  const digest = new crypto.DigestStream("SHA-256");
  const [digesting, writer] = [digest.getWriter(), writable.getWriter()];
  // Who writes learns of a failure by writing; it must not count as unhandled besides.
  for (const { closed } of [digesting, writer]) closed.catch(() => {});
  try {
    let last: Uint8Array | null = null;
    for await (const chunk of body) {
      if (last !== null) await writer.write(last);
      await digesting.write(chunk);
      last = chunk;
    }
    await digesting.close();
    await beforeLastPart?.(hex(await digest.digest));
    if (last !== null) await writer.write(last);
    await writer.close();
  } catch (error) {
    await writer.abort(error).catch(() => {});
    throw error;
  }
  return hex(await digest.digest);
}

const accepted = z.object({ request_id: requestId });

/** The id in Deepgram's answer to a submission with a callback; null when it has none. */
export const acceptedRequest = (answer: string): RequestId | null =>
  accepted.safeParse(parseJson(answer)).data?.request_id ?? null;
