import { cleanText } from "../transcript/segments/clean-text.ts";
import type { Segment } from "../transcript/segments/segment.ts";
import type { SegmentSource } from "../transcript/segments/segment-source.ts";

/** A segment as a page shows it: with its translation, where one is shown. */
export type Shown = { segment: Segment; original: Segment | null };

/** A stretch of a transcript that is made into HTML at once. */
export type Part = {
  segments: Shown[];
  /** Seconds from which the next part begins; null after the last. */
  next: number | null;
};

/**
 * Where a part begins, in seconds: with what begins at `from` or later, which follows on a part that
 * ended there, or with what is still being said at `at`.
 */
export type Beginning = { from: number } | { at: number };

/**
 * The segments from a beginning, in parts: the first of about `firstChars` characters, the others of
 * `partChars`. A part ends where time advances, so that the next one begins with the segments that it
 * has not.
 */
export async function* readParts(
  shown: AsyncIterable<Shown>,
  beginning: Beginning,
  { firstChars, partChars }: { firstChars: number; partChars: number },
): AsyncGenerator<Part> {
  const isBefore = ({ start, end }: Segment) =>
    "from" in beginning ? start < beginning.from : end <= beginning.at;
  let segments: Shown[] = [];
  let chars = 0;
  let maxChars = firstChars;
  let last = Number.NEGATIVE_INFINITY;
  for await (const each of shown) {
    const { segment } = each;
    if (isBefore(segment)) continue;
    if (chars >= maxChars && segment.start > last) {
      yield { segments, next: segment.start };
      segments = [];
      chars = 0;
      maxChars = partChars;
    }
    segments.push(each);
    // What shows nothing counts too: a part is never without an end.
    chars += cleanText(segment.text).length + 1;
    last = Math.max(last, segment.start);
  }
  yield { segments, next: null };
}

/** The first part alone. */
export async function readPart(
  shown: AsyncIterable<Shown>,
  beginning: Beginning,
  maxChars: number,
): Promise<Part> {
  const sizes = { firstChars: maxChars, partChars: maxChars };
  for await (const part of readParts(shown, beginning, sizes)) return part;
  return { segments: [], next: null };
}

/** Each segment of a translation beside the one it was made of: they are as many, in one order. */
export async function* beside(
  translation: SegmentSource | null,
  originals: SegmentSource,
): AsyncGenerator<Shown> {
  const translated =
    translation === null
      ? null
      : Symbol.asyncIterator in translation
        ? translation[Symbol.asyncIterator]()
        : translation[Symbol.iterator]();
  try {
    for await (const original of originals) {
      const next = await translated?.next();
      if (next?.done) return;
      yield next === undefined
        ? { segment: original, original: null }
        : { segment: next.value, original };
    }
  } finally {
    await translated?.return?.();
  }
}
