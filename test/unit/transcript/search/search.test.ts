import { describe, expect, test } from "vitest";
import { search } from "../../../../src/transcript/search/search.ts";
import { segment, spoken } from "../formats/segment.ts";

const find = (...args: Parameters<typeof search>) => Array.fromAsync(search(...args));
const texts = async (text: string, query: string) =>
  (await find([segment(text, 0, 10)], query)).map((hit) => hit.text);

describe("a query matches", () => {
  test.each([
    ["whatever the case", "HELLO there", "Hello There"],
    ["whatever the accents", "uber cafe", "Über Café"],
    ["with accents what has none", "Überall", "uberall"],
    ["letters with a stroke", "lodz duong", "Łódź đường"],
    ["sharp s and double s", "strasse", "Straße"],
    ["capital sharp s", "GROẞ", "gross"],
    ["dotted and dotless i", "istanbul isi", "İSTANBUL ısı"],
    ["final sigma", "ΟΔΟΣ", "οδός"],
    ["ligatures and full width", "file abc 12", "ﬁle ＡＢＣ １２"],
    ["whatever the punctuation", "¿don't—we?", "Don’t, we"],
    ["a word between quotation marks", "oh well", "“Oh! Well.”"],
    ["a word behind an elided one", "homme", "l’homme"],
    ["Arabic without its marks and tatweel", "مرحبا", "مَرْحَبـًا"],
    ["words with a lone tatweel between", "one two", "one ـ two"],
    ["Hebrew without its points", "שלום", "שָׁלוֹם"],
    ["some characters of Chinese", "天气", "今天天气好"],
    ["Chinese with spaces and marks between", "天，气", "今天 天气好"],
    ["a Latin word within Japanese", "iphone", "新しいiPhoneを買う"],
    ["half-width kana", "ガギ", "ｶﾞｷﾞ"],
    ["some characters of Thai", "ภาษา", "ฉันพูดภาษาไทย"],
    ["what a format character is within", "soft\u00adly", "softly"],
    ["without its apostrophe", "dont wanna", "I don’t wanna."],
    ["with one where there is none", "don't wanna", "I dont wanna."],
    ["with a space in place of its apostrophe", "don t want 1250", "I don’t want 1,250."],
    ["with a space where there is no apostrophe", "don t want", "I dont want it."],
    ["a short form without its apostrophe", "im good", "I'm good."],
    ["an elided word as one", "lhomme", "l’homme"],
    ["an elided word before another as one", "lhomme daujourdhui", "L’homme d’aujourd’hui"],
    ["Arabic digits", "25", "عمري ٢٥ سنة"],
    ["ASCII digits in Arabic", "عمري ٢٥", "عمري 25 سنة"],
    ["digits of Hindi in Persian", "१२३", "۱۲۳"],
    ["Thai digits within Thai", "250 บาท", "ราคา ๒๕๐ บาท"],
    ["the second of two rows of digits", "07", "\u{116da}\u{116e1}"],
    ["Arabic digits without their groups", "1250", "١٬٢٥٠ دولار"],
    ["a suffix as one", "istanbulda", "İSTANBUL’da"],
    ["digits without their groups", "1250", "It is 1,250 dollars."],
    ["digits with groups", "1,250", "It is 1250 dollars."],
    ["dollars without their cents", "1250", "It is $1,250.00 now."],
    ["dollars with cents, without groups", "1250.00", "It is $1,250.00 now."],
    ["both spellings in one phrase", "dont wan't 1250", "I don't want 1,250 now."],
    ["a word before a number", "dont pay for", "I don't pay for 250."],
    ["a date without its dots", "05062027", "On 05.06.2027."],
    ["digits in other groups", "1 250 000", "It is 1.250.000 dollars."],
    ["a telephone number without its groups", "5550100199", "Call (555) 010-0199."],
    ["a telephone number with groups", "555-010-0199", "Call 5550100199."],
    ["a group of a telephone number", "0199", "Call 555-010-0199."],
  ])("%s", async (_, query, text) => {
    expect(await texts(text, query)).toEqual([text]);
  });
});

describe("a query does not match", () => {
  test.each([
    ["a part of a word", "other", "another others"],
    ["words apart", "one three", "one two three"],
    ["a part of a number of Thai digits", "25", "๒๕๐ บาท"],
    ["words in another order", "two one", "one two"],
    ["another vowel of Hindi", "की", "कि"],
    ["a voiceless kana", "か", "が"],
    ["a part of what an apostrophe joins and the next word", "ont wanna", "don’t wanna"],
    ["a letter behind a number", "12t", "12 t"],
    ["numbers side by side", "1234", "12 34"],
    ["decimals", "15", "1.5"],
    ["nothing at all", "", "one"],
    ["punctuation and emoji alone", " … — 😀 \u0301", "one … — 😀"],
  ])("%s", async (_, query, text) => {
    expect(await texts(text, query)).toEqual([]);
  });
});

test("a hit has the times of its words, the channel, and who speaks first", async () => {
  const said = [
    spoken({ 1: "It", 2: "was", 3: "so" }, 0.5, { channel: 1, speaker: 4 }),
    segment("Meanwhile.", 3, 4),
    spoken({ 5: "cold,", 6: "that", 7: "day." }, 0.5, { channel: 1, speaker: 5 }),
  ];
  expect(await find(said, "so cold that")).toEqual([
    { start: 3, end: 6.5, channel: 1, speaker: 4, text: "It was so cold, that day." },
  ]);
});

test("the text of a hit joins segments as their script does", async () => {
  const chinese = [segment("你好。", 0, 1), segment("再。", 1, 2), segment("见。", 2, 3)];
  expect((await find(chinese, "好再见"))[0]?.text).toBe("你好。再。见。");
  const english = [segment("Oh. Well,", 0, 1), segment("then.", 1, 2), segment("Go on.", 2, 3)];
  expect((await find(english, "well then go"))[0]?.text).toBe("Oh. Well, then. Go on.");
});

test("times are spread over a segment whose words do not spell it", async () => {
  const [hit] = await find([segment("abcd efgh ijkl", 0, 12)], "efgh");
  expect(hit).toMatchObject({ start: 4, end: 8 });
});

test("hits do not overlap, and the leftmost counts", async () => {
  const said = spoken({ 0: "ha", 1: "ha", 2: "ha", 3: "ha", 4: "ha" });
  expect((await find([said], "ha ha")).map(({ start }) => start)).toEqual([0, 2]);
});

test("hits of all channels come in order of time, of one time in that of the segments", async () => {
  const said = [
    spoken({ 0: "so", 9: "yes" }, 1, { channel: 0 }),
    spoken({ 1: "yes", 5: "yes" }, 1, { channel: 2 }),
    spoken({ 5: "yes", 6: "oh" }, 1, { channel: 1 }),
    spoken({ 20: "yes" }, 1, { channel: 0 }),
  ];
  const hits = await find(said, "yes");
  expect(hits.map(({ start, channel }) => [start, channel])).toEqual([
    [1, 2],
    [5, 2],
    [5, 1],
    [9, 0],
    [20, 0],
  ]);
});

test("a hit that began early comes before those that were complete before it", async () => {
  const said = [
    segment("and the", 0, 1),
    segment("The end.", 2, 3, { channel: 1 }),
    segment("end", 4, 5),
  ];
  expect((await find(said, "the end")).map(({ channel }) => channel)).toEqual([0, 1]);
});

test("the text has at most 80 characters on either side, cut at words", async () => {
  const long = "All of these words are far too many to be shown. ".repeat(9);
  const [text] = await texts(`${long}Eureka! ${long}`, "eureka");
  const [before, after] = text!.split("Eureka!");
  expect(before).toBe(
    "are far too many to be shown. All of these words are far too many to be shown. ",
  );
  expect(after).toBe(
    " All of these words are far too many to be shown. All of these words are far",
  );
});

test("the text is cut anywhere in scripts without spaces, and never grows with one word", async () => {
  const [chinese] = await texts(`${"字".repeat(300)}今天${"字".repeat(300)}`, "今天");
  expect(chinese).toBe(`${"字".repeat(80)}今天${"字".repeat(80)}`);
  const endless = "x".repeat(300);
  expect(await texts(`${endless} so ${endless}`, "so")).toEqual(["so"]);
});

test("hits of joined and of spelled words do not overlap", async () => {
  expect(await texts("dont dont", "dont")).toHaveLength(2);
  expect(await texts("don't dont don’t", "dont")).toHaveLength(3);
  expect(await texts("don't don't", "t don")).toHaveLength(1);
  expect(await texts("a a'a", "a'a")).toHaveLength(1);
  const hits = await find([segment("a don’t", 0, 10), segment("wanna b", 10, 20)], "dont wanna");
  expect(hits).toMatchObject([{ text: "a don’t wanna b" }]);
});
