import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { writeCatalogue } from "../../../src/catalogue/catalogue.ts";
import { tokens } from "../../../src/transcript/search/tokens.ts";
import { fc } from "../../support/fast-check.ts";
import { segment } from "../../unit/transcript/formats/segment.ts";
import { find, index, upsert } from "./said.ts";

const WORDS = [
  "The",
  "the,",
  "them",
  "l’Été",
  "été",
  "Straße",
  "STRASSE",
  "İstanbul",
  "ΟΔΟΣ",
  "οδός",
];
const UNSPACED = ["今天今。", "天今", "iPhoneが", "ｶﾞ", "วัน", "مَرْحَبًا", "नमस्ते", "한국어", "—", "😀"];

/** Few different words, so that queries are found and overlap themselves. */
const conversation = fc
  .shuffledSubarray([...WORDS, ...UNSPACED], { minLength: 2, maxLength: 4 })
  .chain((words) => {
    const speech = fc.array(fc.constantFrom(...words), { minLength: 1, maxLength: 8 });
    return fc.record({ said: fc.array(speech, { maxLength: 8 }), query: speech });
  });

const keysOf = (text: string) => tokens(text).map(({ key }) => key);

function says(text: string, sought: readonly string[]): boolean {
  const keys = keysOf(text);
  return keys.some((_, from) => sought.every((key, i) => keys[from + i] === key));
}

test("a phrase is found where brute force finds it", { timeout: 60_000 }, async () => {
  let found = 0;
  await fc.assert(
    fc.asyncProperty(conversation, async ({ said, query }) => {
      const sought = keysOf(query.join(" "));
      fc.pre(sought.length > 0);
      const tag = crypto.randomUUID();
      const change = upsert({ tags: [tag] });
      await writeCatalogue(env.CATALOGUE, [change]);
      const texts = said.map((words) => words.join(" "));
      await index(
        change,
        texts.map((text, at) => segment(text, at, at + 1)),
      );
      const { hits } = await find(`"${query.join(" ")}"`, { tag, limit: "100" });
      const expected = texts.flatMap((text, at) => (says(text, sought) ? [at] : []));
      expect(hits.map(({ start }) => Math.floor(start)).sort()).toEqual(expected);
      for (const { text } of hits) expect(says(text, sought)).toBe(true);
      found += hits.length;
    }),
    { numRuns: 200 },
  );
  expect(found).toBeGreaterThan(100);
});
