import type { Segment } from "../segments/segment.ts";
import type { SegmentSource } from "../segments/segment-source.ts";
import { timeQueue } from "../segments/time-queue.ts";
import { cutSegment } from "./cut-segment.ts";

/** Which part of a transcript is wanted; what is absent does not narrow it. */
export type SliceOptions = {
  /** Seconds from the start of the audio. */
  from?: number;
  /** Seconds from the start of the audio; what begins then is not in the slice. */
  to?: number;
  /** Index into `results.channels`, from 0. */
  channel?: number;
  /** Deepgram's speaker number, from 0. */
  speaker?: number;
  /** 0 to 1. Words below it are left out; those of unknown confidence are not. */
  minConfidence?: number;
};

/**
 * A part of segments given in order of time, in that order. A word belongs where it begins, so that
 * adjacent slices hold each word once; times stay as they are. A segment of which all is in the slice
 * passes as it is. From one of which a part is, the other words are left out, and their text: where
 * words and text are spelled differently (`smart_format`) the text becomes that of the words; where
 * there are no words, or too few for the text, its time is spread evenly over it, and no confidence is
 * known.
 *
 * Nothing is read behind the first segment that begins at `to` or later.
 */
export async function* slice(
  segments: SegmentSource,
  { from = 0, to = Infinity, channel, speaker, minConfidence = 0 }: SliceOptions,
): AsyncGenerator<Segment> {
  const bounds = { from, to, minConfidence };
  const queue = timeQueue<Segment>(({ start }) => start);
  for await (const segment of segments) {
    if (segment.start >= to) break;
    const isWanted =
      (channel === undefined || segment.channel === channel) &&
      (speaker === undefined || segment.speaker === speaker);
    const part = isWanted ? cutSegment(segment, bounds) : null;
    if (part !== null) queue.add(part);
    for (const due of queue.take(segment.start)) yield due;
  }
  for (const due of queue.take(Infinity)) yield due;
}
