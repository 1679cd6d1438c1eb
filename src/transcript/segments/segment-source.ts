import type { Segment } from "./segment.ts";

/** Segments in order of time, in memory or as they come. Leaving off early returns the iterator. */
export type SegmentSource = AsyncIterable<Segment> | Iterable<Segment>;

/** Segments from the lines that `jsonl` writes, in chunks of UTF-8. Trusts what we have written. */
export async function* readSegments(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Segment> {
  for await (const line of readLines(chunks)) yield JSON.parse(line);
}

/** The lines of a text in chunks of UTF-8, each without its line feed; none after the last line feed. */
export async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}
