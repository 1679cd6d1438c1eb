import { expect, test } from "vitest";
import type { Segment } from "../../../../src/transcript/segments/segment.ts";
import { segments } from "../../../../src/transcript/segments/segments.ts";
import { alternative, body, channel } from "./bodies.ts";
import { streamed, TINY } from "./stored.ts";

type Json = Record<string, unknown>;

const said = (tokens: string, each: Json = {}): Json[] =>
  tokens.split(" ").map((word, i) => ({ word, start: i / 4, end: i / 4 + 0.2, ...each }));
const grouped = (tokens: string, transcript = tokens) => ({
  channel: 0,
  start: 0,
  end: 60,
  transcript,
  words: said(tokens),
});
const sentences = (text: string) => ({
  paragraphs: { paragraphs: [{ sentences: [{ text, start: 0, end: 60 }] }] },
});

/** The same in both lanes. */
async function segmentsOf(results: Json): Promise<Segment[]> {
  const found = segments(body(results));
  expect((await streamed(JSON.stringify(body(results)), TINY)).found).toEqual(found);
  return found;
}

const textsOf = async (results: Json) => (await segmentsOf(results)).map(({ text }) => text);

const SPACED = [
  ["Chinese", "今 天 天 氣 很 好", "今天天氣很好"],
  ["Chinese with letters and digits apart", "吃 3 明 治 m g a 3 好", "吃3明治mga3好"],
  ["Chinese with numbers and words of Latin letters", "我 用 iPhone 15 年", "我用 iPhone 15年"],
  ["Japanese", "はい では 始め ます。 今日 は", "はいでは始めます。今日は"],
  ["Thai", "สวัสดี ครับ วันนี้ อากาศ ดี", "สวัสดีครับวันนี้อากาศดี"],
  ["Thai with a number", "ราคา 100 บาท", "ราคา 100 บาท"],
  ["Lao", "ສະບາຍ ດີ", "ສະບາຍດີ"],
  ["Khmer", "សួស្តី ពិភពលោក", "សួស្តីពិភពលោក"],
  ["Burmese", "မင်္ဂလာ ပါ", "မင်္ဂလာပါ"],
  ["Korean", "안녕하세요 여러분", "안녕하세요 여러분"],
  ["Arabic", "مرحبا بكم", "مرحبا بكم"],
  ["English with single letters", "plan B 2 I am", "plan B 2 I am"],
] as const;

test.each(SPACED)(
  "artificial spaces do not stay in %s, wherever the text is",
  async (_, spaced, right) => {
    const words = channel([]);
    expect(await textsOf({ channels: [words], utterances: [grouped(spaced)] })).toEqual([right]);
    expect(
      await textsOf({ channels: [words], utterances: [{ ...grouped(spaced), words: [] }] }),
    ).toEqual([right]);
    expect(await textsOf({ channels: [channel([], sentences(spaced))] })).toEqual([right]);
    expect(await textsOf({ channels: [channel(said(spaced), sentences(spaced))] })).toEqual([
      right,
    ]);
    expect(await textsOf({ channels: [channel([], { transcript: spaced })] })).toEqual([right]);
    const plain = [{ alternatives: [alternative(said(spaced), { transcript: spaced })] }];
    expect((await textsOf({ channels: plain })).join("")).toBe(right);
  },
);

test("the transcript's own spacing counts where it is not artificial", async () => {
  const spaced = "我 用 i phone 買 3 個 covid 19 test kit 好 嗎";
  const transcript = "我用iphone買3個covid19 test kit好嗎";
  const told = { channels: [channel(said(spaced), { transcript, ...sentences(spaced) })] };
  expect(await textsOf(told)).toEqual([transcript]);
  const utterances = [grouped("我 用 i phone 買 3 個"), grouped("covid 19 test kit 好 嗎")];
  expect(await textsOf({ channels: [channel([], { transcript })], utterances })).toEqual([
    "我用iphone買3個",
    "covid19 test kit好嗎",
  ]);
});

test("the transcript's own spacing counts far into it, where other text came before", async () => {
  const english = Array.from({ length: 3_000 }, (_, i) => grouped(`word ${i}`));
  const utterances = [...english, grouped("我 用 i phone 買")];
  const transcript = `${english.map((one) => one.transcript).join(" ")} 我用iphone買`;
  const found = await textsOf({ channels: [channel([], { transcript })], utterances });
  expect(found).toHaveLength(3_001);
  expect(found.at(-1)).toBe("我用iphone買");
});

test("a transcript that says something else is not looked at", async () => {
  const channels = [channel([], { transcript: "別的話都在這裡" })];
  expect(await textsOf({ channels, utterances: [grouped("我 用 i phone")] })).toEqual([
    "我用i phone",
  ]);
});

test("spaces between Thai phrases stay where words are not spaced", async () => {
  const right = "สวัสดีครับ วันนี้อากาศดี";
  const words = "สวัสดี ครับ วันนี้ อากาศ ดี";
  expect(await textsOf({ channels: [], utterances: [grouped(words, right)] })).toEqual([right]);
  expect(await textsOf({ channels: [channel([], { transcript: right })] })).toEqual([right]);
});

test("Japanese punctuation at the beginning of a word belongs to the word before", async () => {
  const channels = [channel(said("行き ます 。次 は 駅 です 。"))];
  const found = await segmentsOf({ channels });
  expect(found.map(({ text }) => text).join("")).toBe("行きます。次は駅です。");
  expect(found.flatMap((segment) => segment.words.map(({ text }) => text))).toEqual(
    "行き ます。 次 は 駅 です。".split(" "),
  );
});
