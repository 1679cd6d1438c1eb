import { describe, expect, it } from "vitest";
import { fc } from "../../../support/fast-check.ts";
import { body, channel, utterance, words } from "./bodies.ts";
import { streamed, TINY, whole } from "./stored.ts";

const WORDS = JSON.stringify(words("Said and done."));
const same = async (json: string) => {
  const { found } = await streamed(json, TINY);
  expect(found).toEqual(whole(json));
  return found;
};
const alternatives = (...members: string[]) => `{"alternatives":[{${members.join()}}]}`;
const answer = (...channels: string[]) => `{"results":{"channels":[${channels.join()}]}}`;

describe("a streamed body reads like a parsed one", () => {
  it.each([
    ["words", answer(alternatives(`"words":[{"word":"no"}]`, `"words":${WORDS}`))],
    ["words, the last of them null", answer(alternatives(`"words":${WORDS}`, `"words":null`))],
    ["alternatives", answer(`{"alternatives":[{"words":${WORDS}}],"alternatives":[]}`)],
    ["results", `{"results":{"channels":[${alternatives(`"words":${WORDS}`)}]},"results":{}}`],
    ["a channel", `{"type":"Results","channel":${alternatives(`"words":${WORDS}`)},"channel":0}`],
    ["utterances", `{"results":{"utterances":[{"transcript":"a"}],"utterances":{}}}`],
    [
      "an utterance's channel",
      `{"results":{"utterances":[{"channel":0,"transcript":"a","channel":1}]}}`,
    ],
    [
      "metadata",
      `{"metadata":{"duration":5},"metadata":{},"results":{"channels":[${alternatives(`"transcript":"a"`)}]}}`,
    ],
  ])("with two %s", async (_, json) => {
    await same(json);
  });

  it.each([
    "null",
    '"text"',
    "[]",
    "7",
    "{}",
    answer("null", "7", "{}", `{"alternatives":{"0":{"words":${WORDS}}}}`),
    answer(alternatives(`"__proto__":{"words":${WORDS}}`)),
    answer(alternatives(`"\\u0077ords":${WORDS}`)),
    answer("[]", alternatives(`"words":${WORDS}`), `{"alternatives":[[],{"words":${WORDS}}]}`),
  ])("with other types: %s", async (json) => {
    await same(json);
  });

  it("with any of its values replaced", async () => {
    const sample = body({
      channels: [
        { ...channel(words("A b."), { languages: ["en"] }), detected_language: "en" },
        channel(words("C"), {
          paragraphs: { paragraphs: [{ sentences: [{ text: "C", start: 0, end: 2 }] }] },
        }),
      ],
      utterances: [utterance("C d", 4)],
    });
    const marks = JSON.stringify(sample).match(/"[^"]*":(?:[^,{}[\]]+|\[|\{)/g) ?? [];
    const odd = fc.oneof(fc.jsonValue(), fc.constantFrom(-5, 1e300, "", " ", [], {}, null));
    await fc.assert(
      fc.asyncProperty(fc.nat(marks.length - 1), odd, async (at, value) => {
        const mark = marks[at] as string;
        const key = JSON.parse(mark.slice(0, mark.indexOf(":")));
        const other = JSON.stringify(sample, (name, old) => (name === key ? value : old));
        await same(other);
      }),
      { numRuns: 300 },
    );
  });
});

describe("words or the transcript, decided alike:", () => {
  const told = (transcript: string, ...spoken: string[]) =>
    answer(
      alternatives(
        `"transcript":${transcript}`,
        `"words":${JSON.stringify(spoken.map((word, i) => ({ word, start: i, end: i + 1 })))}`,
      ),
    );

  it.each([
    ["just half of it", told('"aaaa bbbb"', "aaaa"), 1],
    ["less than half of it", told('"aaaa bbbb cc"', "aaaa"), 0],
    ["half of it but for white space", told(`"  \\n aaaa bbbb ${" ".repeat(99)}"`, "aaaa"), 1],
    ["half of it but for escapes", told(`"${"\\u00e9\\\\\\n".repeat(9)}x"`, "é".repeat(13)), 1],
    ["less than half of the escapes", told(`"${"\\u00e9\\\\\\n".repeat(9)}x"`, "é".repeat(12)), 0],
    ["half of it in other scripts", told('"日本語😀日本語"', "日本", "語"), 2],
    ["none of it", told('"aaaa"'), 0],
  ])("words spell %s", async (_, json, count) => {
    const found = await same(json);
    expect(found).toHaveLength(1);
    expect(found[0]?.words).toHaveLength(count);
  });

  it.each([
    ["no text, and few of the rest", "", 30, 0],
    ["no text, but many of the rest", "", 300, 300],
    ["little text, and so has the rest", "w", 30, 0],
    ["all the text", "word ".repeat(8).trim(), 0, 40],
  ])("of megabytes of words the first have %s", async (_, word, count, shown) => {
    const transcript = "word ".repeat(300);
    const padded = Array.from({ length: 40 }, () => ({ word, unknown: "x".repeat(40_000) }));
    const spoken = words("word ".repeat(count).trim()).slice(0, count);
    const alternatives = [{ transcript, words: [...padded, ...spoken] }];
    const json = JSON.stringify(body({ channels: [{ alternatives }] }));
    const { found } = await streamed(json);
    expect(found).toEqual(whole(json));
    expect(found.flatMap((segment) => segment.words)).toHaveLength(shown);
  });
});
