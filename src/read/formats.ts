import { parseAccept } from "hono/utils/accept";
import * as z from "zod";
import type { Kind } from "../deepgram/callback.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { problem, storageUnavailable } from "../http/problem.ts";
import { CACHE_CONTROL, conditional, isConditional, query } from "../http/route.ts";
import { hex, sha256 } from "../lib/digest.ts";
import { readNames } from "../store/details.ts";
import { type CaptionOptions, captionQuery, srt, vtt } from "../transcript/captions/captions.ts";
import { csv } from "../transcript/formats/csv.ts";
import { HTML_CSP, html } from "../transcript/formats/html.ts";
import { jsonl } from "../transcript/formats/jsonl.ts";
import { md, txt } from "../transcript/formats/paragraphs.ts";
import {
  type InsightsFormat,
  insightsHtml,
  insightsMd,
  insightsTxt,
} from "../transcript/insights/insight-formats.ts";
import type { Insights } from "../transcript/insights/insights.ts";
import type { SegmentSource } from "../transcript/segments/segment.ts";
import { type SliceOptions, slice, sliceQuery } from "../transcript/slice/slice.ts";

/** What a renderer gets besides the segments. */
type RenderOptions = CaptionOptions & { title: string };

/** A media type and how segments are written in it. */
export type Rendering = {
  type: string;
  render: (segments: SegmentSource, options: RenderOptions) => AsyncIterable<string>;
  /** How a text result is written; absent in formats of speech alone. */
  renderInsights?: InsightsFormat;
  /** Sent besides the content type. */
  headers?: Record<string, string>;
};

export type RenderedFormat = "vtt" | "srt" | "txt" | "md" | "csv" | "jsonl" | "html";

export type Format = "json" | RenderedFormat;

/** The formats that are made of segments, by the suffix that asks for them. */
export const RENDERINGS: Record<RenderedFormat, Rendering> = {
  vtt: { type: "text/vtt", render: vtt },
  srt: { type: "application/x-subrip", render: srt },
  txt: { type: "text/plain", render: txt, renderInsights: insightsTxt },
  md: { type: "text/markdown", render: md, renderInsights: insightsMd },
  csv: { type: "text/csv", render: csv },
  jsonl: { type: "application/jsonl", render: jsonl },
  html: {
    type: "text/html",
    render: html,
    renderInsights: insightsHtml,
    headers: { "content-security-policy": HTML_CSP },
  },
};

/** The media type of each format, the standard one first. */
export const MEDIA_TYPES: ReadonlyMap<Format, string> = new Map<Format, string>([
  ["json", "application/json"],
  ...Object.entries(RENDERINGS).map(([format, { type }]) => [format as Format, type] as const),
]);

/** The formats in which a result of a kind can be had. */
export const formatsOf = (kind: Kind | null): readonly Format[] => {
  const all = [...MEDIA_TYPES.keys()];
  return kind === "text" ? all.filter(isFormatOfText) : all;
};

const isFormatOfText = (format: Format): boolean =>
  format === "json" || RENDERINGS[format].renderInsights !== undefined;

export const isFormat = (suffix: string): suffix is Format => MEDIA_TYPES.has(suffix as Format);

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

const [JSON_TYPE = "", ...OTHER_TYPES] = MEDIA_TYPES.values();

/** The format that `Accept` wants most. Throws a 406 with the list when it allows none. */
export function acceptedFormat(accept: string | undefined): Format {
  const type = negotiate(accept, [JSON_TYPE, ...OTHER_TYPES]);
  for (const [format, its] of MEDIA_TYPES) if (its === type) return format;
  throw problem(406, "not_acceptable", "There is no representation that Accept allows.", {
    headers: { vary: "Accept" },
    members: { available: [...MEDIA_TYPES.values()] },
  });
}

/** The format of a suffix. Throws a 404 that names all of them when there is none such. */
export function suffixFormat(suffix: string): Format {
  if (isFormat(suffix)) return suffix;
  const formats = [...MEDIA_TYPES.keys()].join(", ");
  throw problem(404, "unknown_format", `There is no such format; the formats are ${formats}.`);
}

/** Parts are sent together up to about this length. */
const CHUNK_CHARS = 65_536;

/** Parts of a text as bytes in UTF-8, made no faster than they are read; small ones are joined. */
export function textStream(
  parts: AsyncIterable<string>,
  chunkChars = CHUNK_CHARS,
): ReadableStream<Uint8Array> {
  const iterator = parts[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { text, isLast } = await nextChunk(iterator, chunkChars);
        if (text !== "") controller.enqueue(encoder.encode(text));
        if (isLast) controller.close();
      },
      async cancel() {
        await iterator.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}

async function nextChunk(
  parts: AsyncIterator<string>,
  chunkChars: number,
): Promise<{ text: string; isLast: boolean }> {
  let text = "";
  while (text.length < chunkChars) {
    const next = await parts.next();
    if (next.done) return { text, isLast: true };
    text += next.value;
  }
  return { text, isLast: false };
}

const TAG_CHARS = 16;

/**
 * With `names=true` a view that gives speakers the names people gave them, and what that adds to the
 * entity tag.
 */
export async function withSpeakerNames(
  bucket: R2Bucket,
  id: RequestId,
  view: View,
  asked: "true" | "false" | undefined,
): Promise<{ view: View; tag: string }> {
  if (asked !== "true") return { view, tag: "" };
  const names = await readNames(bucket, id).catch(storageUnavailable);
  const digest = hex(await sha256(JSON.stringify([...names])));
  const captions = { ...view.captions, names };
  return { view: { ...view, captions }, tag: `.${digest.slice(0, TAG_CHARS)}` };
}

/** The parameters of a translation, besides those of its slice and of its captions. */
export const translationQuery = z.object({
  download: z.string().optional(),
  names: z.enum(["true", "false"]).optional(),
});

/**
 * The media type that `Accept` wants most (RFC 9110, section 12.5.1): of the ranges that match a type
 * the most specific one gives its weight; of equal weights the first of `offered` wins. Parameters
 * other than `q` are passed over. Null when none is acceptable.
 */
export function negotiate<Type extends string>(
  accept: string | undefined,
  offered: readonly [Type, ...Type[]],
): Type | null {
  const ranges = parseAccept(accept ?? "");
  if (ranges.length === 0) return offered[0];
  const weigh = (type: string) =>
    ranges
      .map((range) => ({ rank: specificity(range.type.toLowerCase(), type), weight: range.q }))
      .filter(({ rank }) => rank > 0)
      .reduce((best, next) => (next.rank > best.rank ? next : best), { rank: 0, weight: 0 }).weight;
  const [best] = offered
    .map((type) => ({ type, weight: weigh(type) }))
    .filter(({ weight }) => weight > 0)
    .sort((one, other) => other.weight - one.weight);
  return best?.type ?? null;
}

/** 0 where the range does not match. */
function specificity(range: string, type: string): 0 | 1 | 2 | 3 {
  if (range === type) return 3;
  if (range === `${type.split("/")[0]}/*`) return 2;
  return range === "*/*" ? 1 : 0;
}
