import { readLines } from "../../lib/bytes.ts";
import type { Segment, SegmentSource, Word } from "../segments/segment.ts";

/**
 * JSON Lines (jsonlines.org) of segments: each a compact JSON object with all fields of a `Segment`,
 * in the same order on every line, and a line feed. Without segments: nothing.
 */
export async function* jsonl(segments: SegmentSource): AsyncGenerator<string> {
  for await (const segment of segments) yield `${JSON.stringify(plain(segment))}\n`;
}

function plain({ start, end, channel, speaker, language, text, words }: Segment): Segment {
  return { start, end, channel, speaker, language, text, words: words.map(plainWord) };
}

function plainWord({ text, start, end, confidence }: Word): Word {
  return { text, start, end, confidence };
}

/** Segments from the lines of `jsonl`, in chunks of UTF-8. Trusts what we have written. */
export async function* readSegments(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Segment> {
  for await (const line of readLines(chunks)) yield JSON.parse(line);
}

/**
 * Renders segments as one JSON object, in parts to be joined: the members given, then `segments`, a
 * list of what `.jsonl` has line by line.
 */
export const jsonDocument = (members: Record<string, unknown>) =>
  async function* (segments: SegmentSource): AsyncGenerator<string> {
    const start = JSON.stringify(members).slice(0, -1);
    yield `${start}${start === "{" ? "" : ","}"segments":[`;
    let separator = "";
    for await (const line of jsonl(segments)) {
      yield separator + line.trimEnd();
      separator = ",";
    }
    yield "]}\n";
  };
