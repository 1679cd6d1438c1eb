import { expect, test } from "vitest";
import type { Hit } from "../../../../src/transcript/search/passage.ts";
import { search } from "../../../../src/transcript/search/search.ts";
import { fc } from "../../../support/fast-check.ts";
import { segment } from "../formats/segment.ts";
import { streamed } from "../formats/streamed.ts";
import { bareOf, bruteForce, type Item, type Known } from "./brute-force.ts";

const ITEMS: readonly Item[] = [
  [["The", "the"]],
  [
    ["THE", "the"],
    [",", ""],
  ],
  [["them", "them"]],
  [
    ["l", "l"],
    ["’", ""],
    ["Été", "ete"],
  ],
  [["e\u0301te\u0301", "ete"]],
  [
    ["Straße", "strasse"],
    ["…", ""],
  ],
  [["STRASSE", "strasse"]],
  [["İstanbul", "istanbul"]],
  [["istanbul", "istanbul"]],
  [["ΟΔΟΣ", "οδοσ"]],
  [["οδός", "οδοσ"]],
  [
    ["今", "今"],
    ["天", "天"],
    ["今", "今"],
    ["。", ""],
  ],
  [
    ["天", "天"],
    ["今", "今"],
  ],
  [
    ["iPhone", "iphone"],
    ["が", "か\u3099"],
  ],
  [["ｶﾞ", "カ\u3099"]],
  [
    ["วั", "วั"],
    ["น", "น"],
  ],
  [["مَرْحَبًا", "مرحبا"]],
  [["مرحبا", "مرحبا"]],
  [["नमस्ते", "नमस्ते"]],
  [["한국어", "한국어".normalize("NFKD")]],
  [["—", ""]],
  [["😀", ""]],
];

const speech = (items: fc.Arbitrary<Item>) =>
  fc.record({
    items: fc.array(items, { minLength: 1, maxLength: 12 }),
    start: fc.nat(40),
    length: fc.nat(20),
    at: fc.array(fc.tuple(fc.nat(20), fc.nat(5)), { minLength: 12, maxLength: 12 }),
    spelled: fc.boolean(),
    channel: fc.nat(2),
    speaker: fc.constantFrom(null, 0, 1),
  });

const known = (items: fc.Arbitrary<Item>): fc.Arbitrary<Known> =>
  speech(items).map(({ items, start, length, at, spelled, channel, speaker }) => {
    const end = start + length;
    const words = items.map((item, i) => {
      const from = Math.min(end, start + at[i]![0]);
      const to = Math.min(end, from + at[i]![1]);
      return { text: bareOf([item]), start: from, end: to, confidence: null };
    });
    const text = items.map((item) => bareOf([item])).join(" ");
    return {
      items,
      segment: segment(text, start, end, { channel, speaker, words: spelled ? words : [] }),
    };
  });

/** Few different items, so that queries are found and overlap themselves. */
const conversation = fc
  .shuffledSubarray([...ITEMS], { minLength: 2, maxLength: 5 })
  .map((items) => fc.constantFrom(...items))
  .chain((item) =>
    fc.record({
      said: fc
        .array(known(item), { maxLength: 12 })
        .map((all) => all.sort((a, b) => a.segment.start - b.segment.start)),
      query: fc.array(item, { minLength: 1, maxLength: 5 }),
      waits: fc.option(fc.array(fc.boolean(), { minLength: 1, maxLength: 4 })),
    }),
  );

test("finds what brute force finds", async () => {
  let found = 0;
  await fc.assert(
    fc.asyncProperty(conversation, async ({ said, query, waits }) => {
      const segments = said.map(({ segment }) => segment);
      const source = waits === null ? segments : streamed(segments, waits);
      const hits = await Array.fromAsync(
        search(source, query.map((item) => bareOf([item])).join(" ")),
      );
      const expected = bruteForce(said, query);
      expect(comparable(hits)).toEqual(comparable(expected));
      expect(hits.map(({ start }) => start)).toEqual(
        hits.map(({ start }) => start).sort((a, b) => a - b),
      );
      for (const { text: match, ...rest } of expected) {
        const [same] = comparable([{ ...rest, text: match }]);
        const texts = hits.filter((hit) => comparable([hit])[0] === same).map(({ text }) => text);
        expect(texts.some((text) => text.replaceAll(" ", "").includes(match))).toBe(true);
      }
      found += hits.length;
    }),
    { numRuns: 2000 },
  );
  expect(found).toBeGreaterThan(2000);
});

/** Without the text, which brute force has no context for. */
function comparable(hits: readonly Hit[]): string[] {
  return hits
    .map(({ start, end, channel, speaker }) =>
      [start.toFixed(6), end.toFixed(6), channel, speaker].join(" "),
    )
    .sort();
}
