import { byTime } from "./by-time.ts";
import type { Segment } from "./segment.ts";

/** About 4,000 words: half an hour of one voice. */
const MOST_HELD_CHARS = 500_000;
/** What a word takes besides its text, and a segment besides its words. */
const EXTRA_CHARS = 100;

/**
 * Puts segments in order of time that come nearly so; equal ones stay as they come. One that comes
 * after thousands of later words stays too late.
 */
export async function* nearlyInOrder(batches: AsyncIterable<Segment[]>): AsyncGenerator<Segment> {
  const held: Segment[] = [];
  let chars = 0;
  for await (const batch of batches) {
    for (const segment of batch) {
      held.splice(placeOf(segment, held), 0, segment);
      chars += charsOf(segment);
    }
    let due = 0;
    while (chars > MOST_HELD_CHARS) chars -= charsOf(held[due++]!);
    for (const segment of held.splice(0, due)) yield segment;
  }
  for (const segment of held) yield segment;
}

const charsOf = ({ text, words }: Segment): number =>
  text.length + EXTRA_CHARS * (words.length + 1);

/** The index behind all that are no later. */
function placeOf(segment: Segment, held: readonly Segment[]): number {
  let from = 0;
  let to = held.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (byTime(segment, held[middle]!) < 0) to = middle;
    else from = middle + 1;
  }
  return from;
}
