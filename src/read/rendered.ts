import { CACHE_CONTROL } from "../http/cache-control.ts";
import { conditional, isConditional } from "../http/conditional.ts";
import { query } from "../http/query.ts";
import type { CaptionOptions } from "../transcript/captions/caption-options.ts";
import { captionQuery } from "../transcript/captions/caption-query.ts";
import type { Insights } from "../transcript/insights/insights.ts";
import type { SegmentSource } from "../transcript/segments/segment-source.ts";
import { type SliceOptions, slice } from "../transcript/slice/slice.ts";
import { sliceQuery } from "../transcript/slice/slice-query.ts";
import type { Rendering } from "./formats.ts";
import { textStream } from "./text-stream.ts";

/**
 * Segments, or the insights of a text, with what their entity tag is made of. Both throw the answer when
 * they cannot be read, or not in the format that is asked for.
 */
export type Readable = {
  tag: () => Promise<string>;
  open: () => Promise<{ tag: string } & ({ segments: SegmentSource } | { insights: Insights })>;
};

/** What is wanted of segments, as the parameters of a query say. */
export type View = { slice: SliceOptions; captions: CaptionOptions };

/** Throws a 400 that names the first wrong parameter. */
export const viewOf = (parameters: Record<string, string>): View => ({
  slice: query(sliceQuery, parameters),
  captions: query(captionQuery, parameters),
});

/**
 * A result in a format. `variant` tells the format and the version of the Worker, of which another one
 * may write the same otherwise: both are part of the entity tag.
 */
export async function rendered(
  request: Request,
  readable: Readable,
  { type, render, renderInsights, headers: own }: Rendering,
  { slice: wanted, captions }: View,
  { title, variant }: { title: string; variant: string },
): Promise<Response> {
  const headersOf = (tag: string) => ({
    "content-type": `${type}; charset=utf-8`,
    ...own,
    "cache-control": CACHE_CONTROL,
    etag: `"${tag}.${variant}"`,
  });
  if (request.method === "HEAD" || isConditional(request.headers)) {
    const headers = headersOf(await readable.tag());
    const { etag, "cache-control": cacheControl } = headers;
    const ended = conditional(request.headers, { etag, "cache-control": cacheControl });
    if (ended !== null) return ended;
    if (request.method === "HEAD") return new Response(null, { headers });
  }
  const opened = await readable.open();
  const headers = headersOf(opened.tag);
  if ("insights" in opened) {
    return new Response(renderInsights?.(opened.insights, title), { headers });
  }
  const { segments } = opened;
  const parts = render(slice(segments, wanted), { ...captions, title });
  return new Response(await textBody(parts, Array.isArray(segments)), { headers });
}

/** What is small is made before the answer begins, so that a fault in it is not a 200. */
async function textBody(
  parts: AsyncIterable<string>,
  isSmall: boolean,
): Promise<string | ReadableStream<Uint8Array>> {
  return isSmall ? (await Array.fromAsync(parts)).join("") : textStream(parts);
}
