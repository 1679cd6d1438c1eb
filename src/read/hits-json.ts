import type { Hit } from "../search/hit.ts";

/** The JSON text `{"hits":[…]}` in parts, however many hits there are. */
export async function* hitsJson(hits: AsyncIterable<Hit>): AsyncGenerator<string> {
  yield '{"hits":[';
  let separator = "";
  for await (const hit of hits) {
    yield separator + JSON.stringify(hit);
    separator = ",";
  }
  yield "]}";
}
