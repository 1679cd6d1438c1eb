import type { SegmentSource } from "../segments/segment-source.ts";
import { timeQueue } from "../segments/time-queue.ts";
import { type CaptionOptions, cueLimits } from "./caption-options.ts";
import { type Draft, drafting, type Labelling, relabelling } from "./drafts.ts";
import { layout } from "./layout.ts";
import { stretches } from "./stretches.ts";
import { withoutOverlap } from "./without-overlap.ts";

/** One caption. Times are whole milliseconds; a cue is over when the next one starts. */
export type Cue = { startMs: number; endMs: number; voice: string | null; lines: string[] };

/**
 * Captions of segments given in order of time: readable, within the limits, never two at a time.
 * `labelOf` has the speaker named in the text wherever the name is another than in the cue before.
 */
export async function* cues(
  segments: SegmentSource,
  options: CaptionOptions = {},
  labelOf: Labelling = () => null,
): AsyncGenerator<Cue> {
  const limits = cueLimits(options);
  const draftsOf = drafting(limits, labelOf);
  const relabelled = relabelling(limits);
  const spaced = withoutOverlap<Draft>(limits.maxMs);
  const queue = timeQueue<Draft>(({ startMs }) => startMs);
  function* until(timeMs: number): Generator<Cue> {
    for (const draft of queue.take(timeMs).flatMap(relabelled)) {
      const shown = spaced(draft);
      if (shown !== undefined) yield cueOf(shown, limits.maxChars);
    }
  }
  for await (const stretch of stretches(segments, limits.maxChars, options.names)) {
    for (const cue of until(stretch.sinceMs)) yield cue;
    for (const draft of draftsOf(stretch)) queue.add(draft);
  }
  for (const cue of until(Infinity)) yield cue;
  const last = spaced();
  if (last !== undefined) yield cueOf(last, limits.maxChars);
}

function cueOf({ startMs, endMs, voice, pieces }: Draft, maxChars: number): Cue {
  return { startMs, endMs, voice, lines: layout(pieces, maxChars) };
}
