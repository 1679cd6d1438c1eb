import type { RequestId } from "../deepgram/request-id.ts";
import { storageUnavailable } from "../http/storage-unavailable.ts";
import { ownerOf } from "../live/owner.ts";
import { headCallback } from "../store/callbacks.ts";
import { readExpectation } from "../store/expectations.ts";
import { readSegments } from "../transcript/segments/read-segments.ts";
import { slice } from "../transcript/slice/slice.ts";
import { type Format, MEDIA_TYPES, RENDERINGS } from "./formats.ts";
import type { View } from "./rendered.ts";
import { textStream } from "./text-stream.ts";

/**
 * What a stream has said so far, words included that may yet change; null when the request is not
 * live. Throws the answer when that cannot be read.
 */
export async function partialTranscript(
  env: Env,
  requestId: RequestId,
  format: Format,
  { slice: wanted, captions }: View,
): Promise<Response | null> {
  const record = await headCallback(env.TRANSCRIPTS, requestId).catch(storageUnavailable);
  if (record !== null) return null;
  const expectation = await readExpectation(env.TRANSCRIPTS, requestId).catch(storageUnavailable);
  if (expectation?.state !== "live") return null;
  const owner = ownerOf(env, expectation);
  const headers = { "content-type": typeOf(format), "cache-control": "no-store" };
  const response = format === "json" ? await owner.document() : await owner.segments();
  if (!response?.body) return null;
  if (format === "json") return new Response(response.body, { headers });
  const { render, headers: own } = RENDERINGS[format];
  const segments = slice(readSegments(response.body), wanted);
  const text = textStream(render(segments, { ...captions, title: requestId }));
  return new Response(text, { headers: { ...headers, ...own } });
}

const typeOf = (format: Format) =>
  format === "json" ? "application/json" : `${MEDIA_TYPES.get(format)}; charset=utf-8`;
