import { type Voiced, voicing } from "../formats/voices.ts";
import type { Segment } from "../segments/segment.ts";
import type { SegmentSource } from "../segments/segment-source.ts";
import { timeQueue } from "../segments/time-queue.ts";
import { type CaptionOptions, cueLimits } from "./caption-options.ts";
import { type Draft, drafting, type Labelling, relabelling } from "./drafts.ts";
import { layout } from "./layout.ts";
import { stretching } from "./stretches.ts";
import { withoutOverlap } from "./without-overlap.ts";

/** One caption. Times are whole milliseconds; a cue is over when the next one starts. */
export type Cue = { startMs: number; endMs: number; voice: string | null; lines: string[] };

/**
 * Captions of segments given in order of time, some at a time: readable, within the limits, never two
 * shown at once. `labelOf` has the speaker named in the text wherever the name is another than in the
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
  const voicesOf = voicing(options.names);
  const stretchesOf = stretching(limits.maxChars);
  const draftsOf = drafting(limits, labelOf);
  const relabelled = relabelling(limits);
  const spaced = withoutOverlap<Draft>(limits.maxMs);
  const queue = timeQueue<Draft>(({ startMs }) => startMs);
  const until = (timeMs: number): Cue[] => {
    const ready: Cue[] = [];
    for (const draft of queue.take(timeMs).flatMap(relabelled)) {
      const shown = spaced(draft);
      if (shown !== undefined) ready.push(cueOf(shown, limits.maxChars));
    }
    return ready;
  };
  function* of(voiced?: Voiced): Generator<Cue[]> {
    for (const stretch of stretchesOf(voiced)) {
      yield until(stretch.sinceMs);
      for (const draft of draftsOf(stretch)) queue.add(draft);
    }
  }
  return function* (segment) {
    for (const voiced of voicesOf(segment)) yield* of(voiced);
    if (segment !== undefined) return;
    yield* of();
    yield until(Infinity);
    const last = spaced();
    if (last !== undefined) yield [cueOf(last, limits.maxChars)];
  };
}

function cueOf({ startMs, endMs, voice, pieces }: Draft, maxChars: number): Cue {
  return { startMs, endMs, voice, lines: layout(pieces, maxChars) };
}
