import { expect, test } from "vitest";
import { tokens } from "../../../src/transcript/search/tokens.ts";
import { fc } from "../../support/fast-check.ts";
import { find, said as say } from "./said.ts";

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

/** Whether a phrase is said on a channel of a transcript: one utterance a text, the channels by turns. */
function says(texts: readonly string[], channels: number, sought: readonly string[]): boolean {
  return Array.from({ length: channels }, (_, channel) => channel).some((channel) => {
    const keys = texts.filter((_, at) => at % channels === channel).flatMap(keysOf);
    return keys.some((_, from) => sought.every((key, i) => keys[from + i] === key));
  });
}

const conversations = fc.record({
  first: conversation,
  more: fc.array(fc.array(fc.constantFrom(...WORDS, ...UNSPACED), { maxLength: 12 }), {
    maxLength: 4,
  }),
  channels: fc.integer({ min: 1, max: 3 }),
  isPhrase: fc.boolean(),
});

test("a query finds the transcripts that brute force finds", { timeout: 120_000 }, async () => {
  let found = 0;
  await fc.assert(
    fc.asyncProperty(conversations, async ({ first, more, channels, isPhrase }) => {
      const { said, query } = first;
      const terms = isPhrase ? [query] : query.map((word) => [word]);
      const sought = terms
        .map((words) => keysOf(words.join(" ")))
        .filter(({ length }) => length > 0);
      fc.pre(sought.length > 0);
      const tag = crypto.randomUUID();
      const all = [said.map((words) => words.join(" ")), ...more];
      const ids: string[] = [];
      for (const [at, texts] of all.entries()) {
        const receivedAt = new Date(Date.UTC(2026, 5 + at)).toISOString();
        ids.unshift(await say(texts, { tags: [tag], channels, receivedAt }));
      }
      const q = isPhrase ? `"${query.join(" ")}"` : query.join(" ");
      const { transcripts } = await find(q, { tag, limit: "100" });
      const expected = all.toReversed().flatMap((texts, at) => {
        return sought.every((keys) => says(texts, channels, keys)) ? [ids[at]] : [];
      });
      expect(transcripts.map(({ request_id }) => request_id)).toEqual(expected);
      for (const { hits } of transcripts) expect(hits.length).toBeGreaterThan(0);
      found += transcripts.length;
    }),
    { numRuns: 150 },
  );
  expect(found).toBeGreaterThan(50);
});
