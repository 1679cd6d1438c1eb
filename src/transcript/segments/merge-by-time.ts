import type { Segment } from "./segment.ts";

/** Orders segments by the time they begin, equal ones by channel. */
export function byTime(a: Segment, b: Segment): number {
  return a.start - b.start || a.channel - b.channel;
}

type Head = { stream: AsyncGenerator<Segment[]>; batch: Segment[]; at: number };

/** Merges streams that each come in order of time. Only the first batches are read at the same time. */
export async function* mergeByTime(
  streams: readonly AsyncGenerator<Segment[]>[],
): AsyncGenerator<Segment[]> {
  const heads = streams.map((stream): Head => ({ stream, batch: [], at: 0 }));
  const filled = await Promise.all(heads.map(fill));
  let open = heads.filter((_, i) => filled[i]);
  while (open.length > 0) {
    const merged: Segment[] = [];
    const empty = takeInOrder(open, merged);
    yield merged;
    if (!(await fill(empty))) open = open.filter((head) => head !== empty);
  }
}

/** Takes segments until the batch of a stream is used up, which is given back. */
function takeInOrder(heads: readonly Head[], merged: Segment[]): Head {
  for (;;) {
    let first = heads[0]!;
    for (const head of heads) {
      if (byTime(head.batch[head.at]!, first.batch[first.at]!) < 0) first = head;
    }
    merged.push(first.batch[first.at++]!);
    if (first.at === first.batch.length) return first;
  }
}

/** Whether there was another batch; passes over empty ones. */
async function fill(head: Head): Promise<boolean> {
  for (;;) {
    const { done, value } = await head.stream.next();
    if (done) return false;
    if (value.length === 0) continue;
    head.batch = value;
    head.at = 0;
    return true;
  }
}

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
      const at = placeOf(segment, held);
      if (at === held.length) held.push(segment);
      else held.splice(at, 0, segment);
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
  const last = held.at(-1);
  if (last === undefined || byTime(segment, last) >= 0) return held.length;
  let from = 0;
  let to = held.length - 1;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (byTime(segment, held[middle]!) < 0) to = middle;
    else from = middle + 1;
  }
  return from;
}

const MOST_ITEMS = 4096;

/** Items that wait until nothing before them can come any more. */
type TimeQueue<T> = {
  add(item: T): void;
  /** Removes all items up to `time`, in order. */
  take(time: number): T[];
};

/**
 * Sorts items that come nearly in order of time; those of equal time keep their order. Where more than
 * 4,096 wait, all but the last 2,048 are taken, though an earlier one may yet come.
 */
export function timeQueue<T>(timeOf: (item: T) => number): TimeQueue<T> {
  const waiting: T[] = [];
  const firstPast = (time: number): number => {
    let from = 0;
    let to = waiting.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (timeOf(waiting[middle]!) > time) to = middle;
      else from = middle + 1;
    }
    return from;
  };
  return {
    add(item) {
      const at = firstPast(timeOf(item));
      if (at === waiting.length) waiting.push(item);
      else waiting.splice(at, 0, item);
    },
    take(time) {
      const excess = waiting.length > MOST_ITEMS ? waiting.length - MOST_ITEMS / 2 : 0;
      const taken = Math.max(firstPast(time), excess);
      return taken === 0 ? [] : waiting.splice(0, taken);
    },
  };
}
