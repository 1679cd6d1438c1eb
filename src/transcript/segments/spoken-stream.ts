import type { Range } from "../../lib/json/elements.ts";
import type { BodyReader } from "./body-reader.ts";
import { type SpokenWord, wordReader } from "./spoken-words.ts";

/** The usable entries of a stored Deepgram `words` array, in batches. */
export async function* spokenStream(
  reader: BodyReader,
  words: Range | null,
  from: number,
): AsyncGenerator<SpokenWord[]> {
  const { read, end } = wordReader(from);
  for await (const batch of reader.array(words)) yield read(batch);
  yield end();
}
