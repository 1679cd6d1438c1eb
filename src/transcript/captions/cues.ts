import { createSpeakerSplitter, type Voiced } from "../formats/voices.ts";
import type { Segment } from "../segments/segment.ts";
import type { SegmentSource } from "../segments/segment-source.ts";
import { timeQueue } from "../segments/time-queue.ts";
import { type CaptionOptions, cueLimits } from "./caption-options.ts";
import { createDrafter, createRelabeller, DASH, type Draft, type Labelling } from "./drafts.ts";
import { layout } from "./layout.ts";
import { stretching } from "./runs.ts";
import { pairing } from "./simultaneous.ts";
import { withoutOverlap } from "./without-overlap.ts";

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
