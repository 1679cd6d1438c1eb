import type { Context } from "hono";
import * as z from "zod";
import type { AppEnv } from "../config/config.ts";
import { effectName, languageTag } from "../config/follow-ups.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { problem, storageUnavailable } from "../http/problem.ts";
import { query } from "../http/route.ts";
import { MAX_HELD_BYTES } from "../lib/held-bytes.ts";
import { toMs } from "../lib/times.ts";
import { open, openSegments } from "../read/open-transcript.ts";
import { readEntry } from "../store/effect-claims.ts";
import { isOfBody } from "../store/effect-entry.ts";
import type { CallbackRecord } from "../store/record.ts";
import { largeInsights } from "../store/stored-segments.ts";
import { translationSegments } from "../store/translations.ts";
import type { Names } from "../transcript/formats/speakers.ts";
import { type Insights, insightsOf, summarySegments } from "../transcript/insights/insights.ts";
import type { Segment, SegmentSource } from "../transcript/segments/segment.ts";
import { segments } from "../transcript/segments/segments.ts";
import { type SliceOptions, slice } from "../transcript/slice/slice.ts";
import {
  type Beginning,
  beside,
  type Part,
  partHtml,
  readPart,
  readParts,
  type Shown,
} from "./transcript-parts.ts";

const MAX_QUERY_CHARS = 1_000;
// The first part is small, so that there is soon something to read.
const FIRST_PART_CHARS = 12_000;
const PART_CHARS = 60_000;
/**
 * What a page has of a transcript, some six hours; beyond that there is a link to the next. With a million
 * characters the first of them come to sight after two seconds, and a phone needs 436 MB.
 */
const MAX_PAGE_CHARS = 300_000;

/** What a reader wants to see, as the parameters of the page say. */
const viewQuery = z.object({
  /** Where the part shown begins, in seconds; see `Beginning`. */
  from: z.coerce.number().nonnegative().catch(0).default(0),
  t: z.coerce.number().nonnegative().optional().catch(undefined),
  lang: languageTag.optional().catch(undefined),
  q: z.string().trim().max(MAX_QUERY_CHARS).default(""),
  audio: z.string().optional(),
  /** All of it in one page, however long, to be printed. */
  all: z.literal("true").optional().catch(undefined),
});

export type ViewQuery = z.infer<typeof viewQuery>;

/** What tells the script that the page was opened to be printed. */
export const printed = (c: Context<AppEnv>) => (viewQueryOf(c).all ? { print: "true" } : {});

export const viewQueryOf = (c: Context<AppEnv>): ViewQuery => query(viewQuery, c.req.query());

/** A transcript as a page reads it; `bounds` is all of it that may be read. */
export type Source = { requestId: RequestId; bounds: SliceOptions };

/**
 * A transcript that is open: its record, and its speech within the bounds that were asked for; of a
 * text its summary, which nothing shows as speech.
 */
export type Opened = {
  record: CallbackRecord;
  segments: SegmentSource;
  insights: () => Promise<Insights | null>;
};

/**
 * The speech and, of the whole transcript, what else Deepgram found: of a part it would tell of the
 * rest. Throws the answer when there is none.
 */
export async function openTranscript(
  bucket: R2Bucket,
  { requestId, bounds }: Source,
): Promise<Opened> {
  const { record, object } = await open(bucket, { requestId });
  if (record.bytes > MAX_HELD_BYTES) {
    await object.body.cancel();
    const large = await openSegments(bucket, { requestId });
    const insights = async () =>
      isWhole(bounds) ? largeInsights(bucket, large.record).catch(storageUnavailable) : null;
    return { record: large.record, segments: within(large, bounds), insights };
  }
  const json = await object.json();
  const insights = async () => (isWhole(bounds) ? insightsOf(json) : null);
  const all = record.kind === "text" ? summarySegments(insightsOf(json), null) : segments(json);
  return { record, segments: within({ record, segments: all }, bounds), insights };
}

/** What may be read. No part of a text is of a time: its summary would tell of the rest. */
function within(
  { record, segments }: Pick<Opened, "record" | "segments">,
  bounds: SliceOptions,
): SegmentSource {
  if (isWhole(bounds)) return segments;
  return record.kind === "text" ? [] : slice(segments, bounds);
}

const isWhole = (bounds: SliceOptions) => Object.keys(bounds).length === 0;

/**
 * What is shown of a transcript: its speech, or that of a translation with what was said beside it.
 * A part of a translation stands alone: it has whole sentences only. A text has no speech.
 */
export async function shownOf(
  bucket: R2Bucket,
  { requestId, bounds }: Source,
  { record, segments: originals }: Pick<Opened, "record" | "segments">,
  language: string | undefined,
): Promise<AsyncIterable<Shown>> {
  if (record.kind === "text") return beside(null, []);
  if (language === undefined) return beside(null, originals);
  const name = effectName({ channel: "translate", to: language });
  const entry = await readEntry(bucket, requestId, name).catch(storageUnavailable);
  if (entry?.state !== "done" || !isOfBody(entry, record))
    throw problem(404, "unknown_translation", "There is no translation into this language.");
  const translation = translationSegments(bucket, record, language);
  return isWhole(bounds)
    ? beside(translation, originals)
    : beside(null, whollyWithin(translation, bounds));
}

/** Sentences that reach out of the bounds are left out: a part of one can tell what the rest says. */
async function* whollyWithin(
  segments: SegmentSource,
  { from = 0, to = Infinity }: SliceOptions,
): AsyncGenerator<Segment> {
  for await (const segment of segments) {
    if (segment.start >= to) return;
    if (segment.start >= from && segment.end <= to) yield segment;
  }
}

export const beginningOf = ({ from, t }: ViewQuery): Beginning =>
  t === undefined ? { from } : { at: t };

/** How a part of the transcript is shown. */
type Showing = {
  names: Names;
  hasChannels: boolean;
  audio: string | null;
  /** The second whose turn is the one asked for; null for none. */
  marked: number | null;
};

export const showingOf = (
  c: Context<AppEnv>,
  names: Names,
  { channels, extra }: { channels: number | null; extra: Record<string, unknown> },
  audioUrls: readonly (string | null)[] = [],
): Showing => ({
  names,
  hasChannels: (channels ?? 0) > 1,
  audio: audioUrl([c.req.query("audio"), extra.audio_url, ...audioUrls], c.var.config.audioOrigins),
  marked: viewQueryOf(c).t ?? null,
});

/** A part as HTML, ready to be put into the page, and where the next one begins. */
export async function htmlPart(
  shown: AsyncIterable<Shown>,
  beginning: Beginning,
  showing: Showing,
): Promise<Part & { html: string }> {
  const part = await readPart(shown, beginning, PART_CHARS);
  return { ...part, html: await partHtml(part.segments, optionsOf(showing)) };
}

/**
 * What a page shows of a transcript: its first segments, and the HTML of all, made as it is sent. Where
 * `more` is given, it follows after `MAX_PAGE_CHARS`, with the seconds at which the next page begins.
 */
export async function pageHtml(
  shown: AsyncIterable<Shown>,
  beginning: Beginning,
  showing: Showing,
  more: ((next: number) => string) | null,
): Promise<{ first: Shown[]; html: AsyncGenerator<string> }> {
  const sizes = { firstChars: FIRST_PART_CHARS, partChars: PART_CHARS };
  const parts = readParts(shown, beginning, sizes);
  const first = await parts.next();
  const options = optionsOf(showing);
  async function* html() {
    let chars = 0;
    for (let part = first; !part.done; part = await parts.next()) {
      const { segments, next } = part.value;
      yield partHtml(segments, options);
      chars += segments.reduce((sum, { segment }) => sum + segment.text.length, 0);
      if (more !== null && next !== null && chars >= MAX_PAGE_CHARS) {
        yield more(next);
        await parts.return(undefined);
        return;
      }
    }
  }
  return { first: first.value?.segments ?? [], html: html() };
}

const optionsOf = ({ names, hasChannels, audio, marked }: Showing) => ({
  names,
  hasChannels,
  playable: audio !== null,
  marked,
});

/** An address with those of the parameters that are set. */
export function withQuery(
  path: string,
  parameters: Record<string, string | number | null>,
): string {
  const set = Object.entries(parameters).flatMap(([name, value]) =>
    value === null || value === "" ? [] : [[name, String(value)]],
  );
  return set.length === 0 ? path : `${path}?${new URLSearchParams(set)}`;
}

/** What a link to another part of the same view keeps. */
export type Kept = { lang: string | null; audio: string | null };

/** The address of the turn in which a moment (seconds) is, on the page of its transcript. */
export const hitUrl = (
  path: string,
  seconds: number,
  parameters: Record<string, string | number | null>,
): string => `${withQuery(path, { ...parameters, t: toMs(seconds) / 1_000 })}#here`;

/**
 * The audio to play beside a transcript: the first of the addresses asked for whose origin is
 * allowed, without a fragment; null for none.
 */
function audioUrl(asked: readonly unknown[], origins: readonly string[]): string | null {
  for (const each of asked) {
    const url = typeof each === "string" ? URL.parse(each) : null;
    if (url === null || !origins.includes(url.origin)) continue;
    // Credentials in an address would go into the page.
    url.username = url.password = url.hash = "";
    return url.href;
  }
  return null;
}
