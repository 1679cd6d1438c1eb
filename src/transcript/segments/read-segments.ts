import { readLines } from "./read-lines.ts";
import type { Segment } from "./segment.ts";

/** Segments from the lines that `jsonl` writes, in chunks of UTF-8. Trusts what we have written. */
export async function* readSegments(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Segment> {
  for await (const line of readLines(chunks)) yield JSON.parse(line);
}
