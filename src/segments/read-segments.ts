import type { Segment } from "./segment.ts";

/** Segments from the lines that `jsonl` writes, in chunks of UTF-8. Trusts what we have written. */
export async function* readSegments(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Segment> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield JSON.parse(line);
  }
}
