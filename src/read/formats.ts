import type { Kind } from "../deepgram/callback.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { storageUnavailable } from "../http/problem.ts";
import { hex, sha256 } from "../lib/digest.ts";
import { headCallback } from "../store/callbacks.ts";
import { factsOf } from "../store/content.ts";
import { NO_DETAILS, titleIn } from "../store/details.ts";
import { openExpectation } from "../store/expectations.ts";
import type { CaptionOptions } from "../transcript/captions/captions.ts";
import { srt, vtt } from "../transcript/captions/captions.ts";
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
import type { SegmentSource } from "../transcript/segments/segment.ts";

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

const MAX_NAME_CHARS = 100;

/** What file systems refuse in a name, or read as a path; control and directing characters. */
const UNFIT = /[\\/:*?"<>|\p{Cc}\p{Cf}]+/gu;

/**
 * The same response; where `download` was asked for, to be saved under the title of the transcript, or
 * its `request_id`. `suffix` is what follows, such as `.es.vtt`. Up to three R2 operations for that.
 */
export async function offerDownload(
  bucket: R2Bucket,
  response: Response,
  download: string | undefined,
  { requestId, suffix }: { requestId: RequestId; suffix: string },
): Promise<Response> {
  if (download === undefined) return response;
  const title = await storedTitle(bucket, requestId).catch(storageUnavailable);
  response.headers.set("content-disposition", attachment(title, requestId, suffix));
  return response;
}

/**
 * The title that a document has in a format, and what it adds to the entity tag: a person may change it.
 * Only HTML shows one: the others need no R2 operation for it.
 */
export async function documentTitle(
  bucket: R2Bucket,
  requestId: RequestId,
  format: Format,
): Promise<{ title: string; tag: string }> {
  const title =
    format === "html" ? await storedTitle(bucket, requestId).catch(storageUnavailable) : null;
  if (title === null) return { title: requestId, tag: "" };
  return { title, tag: `.${hex(await sha256(title)).slice(0, 8)}` };
}

/** The title of a request: the one it was given, else that of its callback; up to three R2 operations. */
export async function storedTitle(bucket: R2Bucket, requestId: RequestId): Promise<string | null> {
  const record = await headCallback(bucket, requestId);
  if (record?.state === "deleted") return null;
  const { extra } = record === null ? { extra: {} } : await factsOf(bucket, record);
  const details = (await openExpectation(bucket, requestId))?.details ?? NO_DETAILS;
  return titleIn(extra, details);
}

/** `Content-Disposition` (RFC 6266); a name that is not ASCII is also given as RFC 8187 has it. */
export function attachment(title: string | null, otherwise: string, suffix: string): string {
  const name = fileName(title, otherwise);
  const ascii = name.replace(/[^\x20-\x7e]/g, "_").replace(/[%]/g, "_");
  if (ascii === name) return `attachment; filename="${name}${suffix}"`;
  const encoded = encodeURIComponent(name + suffix).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${ascii}${suffix}"; filename*=UTF-8''${encoded}`;
}

/** A title as every file system takes it, without a suffix. */
export function fileName(title: string | null, otherwise: string): string {
  const fit = (title ?? "").toWellFormed().replace(UNFIT, " ").replace(/\s+/g, " ").trim();
  const chars = [...fit.replace(/^[. ]+/, "")].slice(0, MAX_NAME_CHARS);
  return chars.join("") || otherwise;
}
