import type { RequestId } from "../deepgram/request-id.ts";
import { CACHE_CONTROL } from "../http/cache-control.ts";
import { conditional, isConditional } from "../http/conditional.ts";
import type { CaptionOptions } from "../render/caption-options.ts";
import { type SliceOptions, slice } from "../slice/slice.ts";
import { RENDERINGS, type RenderedFormat } from "./formats.ts";
import { head } from "./open.ts";
import { openSegments } from "./open-segments.ts";
import { textStream } from "./text-stream.ts";

type Source = { bucket: R2Bucket; requestId: RequestId; key: string };

type View = {
  format: RenderedFormat;
  slice: SliceOptions;
  captions: CaptionOptions;
  /**
   * The id of the Worker's version: another one may write the same transcript otherwise, so it is
   * part of the entity tag.
   */
  deployment: string;
};

/** A transcript in a format made from its segments. */
export async function rendered(
  request: Request,
  { bucket, requestId, key }: Source,
  view: View,
): Promise<Response> {
  const { format, captions, deployment } = view;
  const { type, render, headers: own } = RENDERINGS[format];
  const headersOf = (sha256: string) => ({
    "content-type": `${type}; charset=utf-8`,
    ...own,
    "cache-control": CACHE_CONTROL,
    etag: `"${sha256}.${format}.${deployment}"`,
  });
  if (request.method === "HEAD" || isConditional(request.headers)) {
    const headers = headersOf((await head(bucket, requestId, key)).sha256);
    const { etag, "cache-control": cacheControl } = headers;
    const ended = conditional(request.headers, { etag, "cache-control": cacheControl });
    if (ended !== null) return ended;
    if (request.method === "HEAD") return new Response(null, { headers });
  }
  const { record, segments } = await openSegments(bucket, requestId, key);
  const shown = slice(segments, view.slice);
  const parts = render(shown, { ...captions, title: requestId });
  const headers = headersOf(record.sha256);
  return new Response(await textBody(parts, Array.isArray(segments)), { headers });
}

/** What is small is made before the answer begins, so that a fault in it is not a 200. */
async function textBody(
  parts: AsyncIterable<string>,
  isSmall: boolean,
): Promise<string | ReadableStream<Uint8Array>> {
  return isSmall ? (await Array.fromAsync(parts)).join("") : textStream(parts);
}
