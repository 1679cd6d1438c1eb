import { expect, it } from "vitest";
import { storedTextLength } from "../../../../src/transcript/segments/spaced-stream.ts";
import { storedBodyReader } from "../../../../src/transcript/segments/stored-body-reader.ts";

it.each([
  String.raw`"a\\\\\"\\u00e9\u00e9\n\\"`,
  String.raw`"\ud83d\ude00 \u0020\u00e9\\\u005c"`,
  String.raw`" \n\u0020 a  b \t "`,
  '"日本 😀 é"',
  '" \ufeffa\ufeff"',
  '"   "',
  '""',
])("the length of %s is counted right, wherever it is cut", async (json) => {
  const bytes = new TextEncoder().encode(json);
  const read = async (at: number, length: number) => bytes.slice(at, at + length);
  for (let block = 1; block <= bytes.length; block++) {
    const reader = storedBodyReader(read, { block, ahead: 1, batch: 1 });
    const length = await storedTextLength(reader, { from: 0, to: bytes.length });
    expect(length).toBe(JSON.parse(json).trim().length);
  }
});
