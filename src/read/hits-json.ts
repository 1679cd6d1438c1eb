import type { Hit } from "../transcript/search/hit.ts";

/** The JSON text `{"hits":[…]}` in parts, however many hits there are; times to the millisecond. */
export async function* hitsJson(hits: AsyncIterable<Hit>): AsyncGenerator<string> {
  yield '{"hits":[';
  let separator = "";
  for await (const { start, end, ...hit } of hits) {
    const times = { start: inMilliseconds(start), end: inMilliseconds(end) };
    yield separator + JSON.stringify({ ...times, ...hit });
    separator = ",";
  }
  yield "]}";
}

/** Without what binary fractions add behind. */
const inMilliseconds = (seconds: number): number => Math.round(seconds * 1_000) / 1_000;
