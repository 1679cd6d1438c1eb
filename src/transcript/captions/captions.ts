import * as z from "zod";
import { timestamp } from "../../lib/times.ts";
import { createSpeakerSplitter, type Names, type Voiced } from "../formats/speakers.ts";
import { timeQueue } from "../segments/merge-by-time.ts";
import type { Segment, SegmentSource } from "../segments/segment.ts";
import { decimalParameter, wholeParameter } from "../slice/slice.ts";
import {
  createDrafter,
  createRelabeller,
  DASH,
  type Draft,
  type Labelling,
  pairing,
  stretching,
} from "./draft-cues.ts";
import { type CueLimits, layout } from "./layout.ts";

const MAX_CHARS = 42;
const MAX_LINES = 2;
const MAX_SECONDS = 7;
const MAX_CPS = 20;

/** How captions are cut. Absent or unusable values take the default. */
export type CaptionOptions = {
  /** Longest line, in columns: a wide (East Asian, emoji) character takes two. Default 42. */
  maxChars?: number;
  /** Most lines in a cue. Default 2. */
  maxLines?: number;
  /** Longest time a cue stays. Default 7. */
  maxSeconds?: number;
  /**
   * Fastest a cue has to be read, in characters a second; a wide one counts as two. A cue stays so long
   * after its speech, where nothing follows. Default 20.
   */
  maxCps?: number;
  /** Whether speakers and channels are named. Default: where there are several to tell apart. */
  speakers?: boolean;
  /** What voices are called in place of their numbers. */
  names?: Names;
};

/** Options with the defaults filled in. */
function cueLimits(options: CaptionOptions): CueLimits {
  return {
    maxChars: Math.floor(usable(options.maxChars, 1) ?? MAX_CHARS),
    maxLines: Math.floor(usable(options.maxLines, 1) ?? MAX_LINES),
    maxMs: Math.round((usable(options.maxSeconds, 0.001) ?? MAX_SECONDS) * 1000),
    maxCps: usable(options.maxCps, 0.001) ?? MAX_CPS,
  };
}

function usable(value: number | undefined, least: number): number | undefined {
  return value !== undefined && Number.isFinite(value) && value >= least ? value : undefined;
}

/**
 * The options of captions as parameters of a query: `max_chars`, `max_lines`, `max_seconds`,
 * `max_cps`, and `speakers` (`true`, `false`, `1`, `0`), which text, Markdown and HTML have too.
 */
export const captionQuery = z
  .object({
    max_chars: wholeParameter(10, 200).exactOptional(),
    max_lines: wholeParameter(1, 4).exactOptional(),
    max_seconds: decimalParameter(1, 60).exactOptional(),
    max_cps: decimalParameter(1, 100).exactOptional(),
    speakers: z
      .enum(["true", "false", "1", "0"], "must be true or false")
      .transform((value) => value === "true" || value === "1")
      .exactOptional(),
  })
  .transform(
    ({
      max_chars: maxChars,
      max_lines: maxLines,
      max_seconds: maxSeconds,
      max_cps: maxCps,
      speakers,
    }): CaptionOptions => ({
      ...(maxChars !== undefined && { maxChars }),
      ...(maxLines !== undefined && { maxLines }),
      ...(maxSeconds !== undefined && { maxSeconds }),
      ...(maxCps !== undefined && { maxCps }),
      ...(speakers !== undefined && { speakers }),
    }),
  );

/**
 * SubRip of segments in order of time, in parts to be joined. `Speaker 1: ` stands before the text
 * where the speaker changes, if the transcript has several or `speakers` is true. Without segments:
 * nothing.
 */
export async function* srt(
  segments: SegmentSource,
  options: CaptionOptions = {},
): AsyncGenerator<string> {
  let number = 1;
  const captions = cues(segments, options, ({ voice, several }) =>
    (options.speakers ?? several) ? voice : null,
  );
  for await (const ready of captions) {
    yield ready.map((cue) => srtCue(cue, number++)).join("");
  }
}

function srtCue({ startMs, endMs, turns }: Cue, number: number): string {
  const text = turns.flatMap(({ lines }) => lines).join("\n");
  return `${number}\n${timestamp(startMs, ",")} --> ${timestamp(endMs, ",")}\n${text}\n\n`;
}

const SPECIAL = /[&<>]/;

/**
 * WebVTT (W3C) of segments in order of time, in parts to be joined. A cue's voice tag names channel
 * and speaker where there are such, unless `speakers` is false. Without segments: the header alone.
 */
export async function* vtt(
  segments: SegmentSource,
  options: CaptionOptions = {},
): AsyncGenerator<string> {
  yield "WEBVTT\n\n";
  for await (const ready of cues(segments, options)) {
    yield ready.map((cue) => vttCue(cue, options.speakers !== false)).join("");
  }
}

function vttCue({ startMs, endMs, turns }: Cue, isNamed: boolean): string {
  const shown = turns.map(({ voice, lines }) => {
    const text = lines.map(escaped).join("\n");
    return voice === null || !isNamed ? text : `<v ${escaped(voice)}>${text}</v>`;
  });
  return `${timestamp(startMs)} --> ${timestamp(endMs)}\n${shown.join("\n")}\n\n`;
}

/** W3C WebVTT §4.2.2: cue text holds neither `&` nor `<`, and `-->` nowhere. */
function escaped(line: string): string {
  if (!SPECIAL.test(line)) return line;
  return line.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** One caption. Times are whole milliseconds; a cue is over when the next one starts. */
export type Cue = { startMs: number; endMs: number; turns: CueTurn[] };

/** The lines of one speaker. Of two at once each begins with a dash. */
export type CueTurn = { voice: string | null; lines: string[] };

/**
 * Captions of segments given in order of time, some at a time: readable, within the limits, never two
 * cues at once. `labelOf` has the speaker named in the text wherever the name is another than in the
 * cue before.
 */
export async function* cues(
  segments: SegmentSource,
  options: CaptionOptions = {},
  labelOf: Labelling = () => null,
): AsyncGenerator<Cue[]> {
  const cuesOf = captioning(options, labelOf);
  for await (const segment of segments) {
    for (const ready of cuesOf(segment)) if (ready.length > 0) yield ready;
  }
  for (const rest of cuesOf()) yield rest;
}

/** A call with the next segment gives the cues that are ready, one without any the rest. */
function captioning(
  options: CaptionOptions,
  labelOf: Labelling,
): (segment?: Segment) => Generator<Cue[]> {
  const limits = cueLimits(options);
  const voicesOf = createSpeakerSplitter(options.names);
  const stretchesOf = stretching(limits.maxChars);
  const draftsOf = createDrafter(limits, labelOf);
  const paired = pairing(limits);
  const relabelled = createRelabeller(limits);
  const spaced = withoutOverlap<Draft>(limits.maxMs);
  const queue = timeQueue<Draft>(({ startMs }) => startMs);
  const timed = (drafts: readonly Draft[]): Cue[] => {
    const ready: Cue[] = [];
    for (const draft of drafts.flatMap(relabelled)) {
      const shown = spaced(draft);
      if (shown !== undefined) ready.push(cueOf(shown, limits.maxChars));
    }
    return ready;
  };
  const until = (timeMs: number): Cue[] => timed(queue.take(timeMs).flatMap(paired));
  function* of(voiced?: Voiced): Generator<Cue[]> {
    for (const run of stretchesOf(voiced)) {
      yield until(run.sinceMs);
      for (const draft of draftsOf(run)) queue.add(draft);
    }
  }
  return function* (segment) {
    for (const voiced of voicesOf(segment)) yield* of(voiced);
    if (segment !== undefined) return;
    yield* of();
    yield until(Infinity);
    yield timed(paired());
    const last = spaced();
    if (last !== undefined) yield [cueOf(last, limits.maxChars)];
  };
}

function cueOf({ startMs, endMs, turns }: Draft, maxChars: number): Cue {
  const [turn, other] = turns;
  if (other === undefined) {
    const { voice, pieces } = turn;
    return { startMs, endMs, turns: [{ voice, lines: layout(pieces, maxChars) }] };
  }
  const dashed = [turn, other].map(({ voice, pieces }): CueTurn => {
    const [first = "", ...rest] = layout(pieces, maxChars - DASH.length);
    return { voice, lines: [`${DASH}${first}`, ...rest] };
  });
  return { startMs, endMs, turns: dashed };
}

const READABLE_MS = 1000;
const SHORTEST_MS = 100;
const MAX_LAG_MS = 3000;

/** When something is said, and how long it takes to read, in whole milliseconds. */
type Timed = { startMs: number; endMs: number; readMs: number };

/**
 * Makes times fit for captions: each starts where its speech does and stays until it can be read, for a
 * second at least, but never into the next one nor over `maxMs`. Where people talk at once the later waits a little for
 * the earlier to be read: each wait takes at most half of what is left of 3 s, so that lag is bounded.
 * A call with the next item returns the one before it; a last call without any, the last.
 */
function withoutOverlap<T extends Timed>(maxMs: number): (next?: T) => T | undefined {
  let held: T | undefined;
  let heldLagMs = 0;
  return (next) => {
    const done = held;
    if (next === undefined) {
      return done && { ...done, endMs: done.startMs + wantedMs(done, maxMs) };
    }
    const endMs = done === undefined ? 0 : endBefore(next, done, heldLagMs, maxMs);
    heldLagMs = Math.max(0, endMs - next.startMs);
    held = heldLagMs > 0 ? { ...next, startMs: next.startMs + heldLagMs } : next;
    return done && { ...done, endMs };
  };
}

/** When `held`, which lags by `lagMs`, has to make room for `next`. */
function endBefore(next: Timed, held: Timed, lagMs: number, maxMs: number): number {
  const wantedEndMs = held.startMs + wantedMs(held, maxMs);
  if (wantedEndMs <= next.startMs) return wantedEndMs;
  const spokenMs = held.endMs - held.startMs + lagMs;
  const neededMs = Math.max(SHORTEST_MS, Math.min(spokenMs, held.readMs));
  const neededEndMs = Math.min(wantedEndMs, held.startMs + neededMs);
  if (neededEndMs <= next.startMs) return next.startMs;
  const lagBeforeMs = Math.max(0, held.startMs - next.startMs);
  const waitMs = Math.max(0, Math.floor((MAX_LAG_MS - lagBeforeMs) / 2));
  const latestMs = next.startMs + lagBeforeMs + waitMs;
  return Math.max(held.startMs + 1, Math.min(neededEndMs, latestMs));
}

function wantedMs({ startMs, endMs, readMs }: Timed, maxMs: number): number {
  return Math.max(1, Math.min(maxMs, Math.max(READABLE_MS, endMs - startMs, readMs)));
}
