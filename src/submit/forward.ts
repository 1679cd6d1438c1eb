import type { Config } from "../config.ts";
import { hex } from "../digest.ts";

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
};

/** Deepgram answers a submission with a callback once it has all of the audio. */
export const ANSWER_TIMEOUT_MS = 600_000;

/**
 * Sends a submission to Deepgram's `/v1/listen` with our key and callback. Audio streams through, of
 * the length that was announced, and is digested on its way.
 */
export async function forward(
  { url, apiKey }: Config["deepgram"],
  { query, callback, headers, body }: Submission,
): Promise<Forwarded> {
  const listen = new URL(`${url}/v1/listen`);
  listen.search = new URLSearchParams([...query, ["callback", callback]]).toString();
  const audio = body instanceof ReadableStream ? digested(body, headers) : null;
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

function digested(body: ReadableStream<Uint8Array>, headers: Headers) {
  const length = headers.get("content-length");
  // A length that is known stays known only through this one.
  const { readable, writable } =
    length === null ? new IdentityTransformStream() : new FixedLengthStream(Number(length));
  return { readable, sha256: pump(body, writable).catch(() => null) };
}

async function pump(
  body: ReadableStream<Uint8Array>,
  writable: WritableStream<Uint8Array>,
): Promise<string> {
  const digest = new crypto.DigestStream("SHA-256");
  const [digesting, writer] = [digest.getWriter(), writable.getWriter()];
  // Who writes learns of a failure by writing; it must not count as unhandled besides.
  for (const { closed } of [digesting, writer]) closed.catch(() => {});
  try {
    for await (const chunk of body) {
      await digesting.write(chunk);
      await writer.write(chunk);
    }
    await writer.close();
    await digesting.close();
  } catch (error) {
    await writer.abort(error).catch(() => {});
    throw error;
  }
  return hex(await digest.digest);
}
