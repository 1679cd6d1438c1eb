import type { Kind } from "../deepgram/callback.ts";
import type { CaptionOptions } from "../transcript/captions/caption-options.ts";
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
import type { SegmentSource } from "../transcript/segments/segment-source.ts";

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
