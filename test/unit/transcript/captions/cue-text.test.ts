import { expect, test } from "vitest";
import type { CaptionOptions } from "../../../../src/transcript/captions/captions.ts";
import { segment } from "../formats/segment.ts";
import { allCues } from "./all-cues.ts";

const lines = (text: string, options: CaptionOptions = {}, seconds = text.length / 20) =>
  allCues([segment(text, 0, seconds)], options).then((all) => all.map(({ lines }) => lines));

test("what fits stands on one line", async () => {
  expect(await lines("Forty-two characters fit on just one line.")).toEqual([
    ["Forty-two characters fit on just one line."],
  ]);
});

test("two lines are about even", async () => {
  expect(await lines("This is a little too long for just a single line")).toEqual([
    ["This is a little too long", "for just a single line"],
  ]);
});

test("a line breaks after punctuation rather than in the middle of a phrase", async () => {
  expect(await lines("When we get there, everybody will be asleep already")).toEqual([
    ["When we get there,", "everybody will be asleep already"],
  ]);
});

test("a cue ends at a sentence end rather than in the middle of one", async () => {
  const first = "The first of these sentences is not a very long one.";
  const second = "The second sentence has about as many words as that.";
  expect((await lines(`${first} ${second}`)).map((cue) => cue.join(" "))).toEqual([first, second]);
});

test("a cue ends at a comma rather than between two words", async () => {
  const cut = await lines(
    "If nobody had ever told him about the wonderful garden, he would certainly have gone on living there",
  );
  expect(cut.map((cue) => cue.join(" "))[0]).toMatch(/garden,$/);
});

test("a long sentence leaves no single word for the last cue", async () => {
  const cut = await lines("word ".repeat(18).trim());
  expect(cut).toHaveLength(2);
  expect(cut[1]!.join(" ").split(" ").length).toBeGreaterThan(5);
});

test("a word longer than a line is torn, not lost", async () => {
  const cut = (await lines(`so ${"x".repeat(100)} it`)).flat();
  expect(cut.every((line) => line.length <= 42)).toBe(true);
  expect(cut.join("").replaceAll(" ", "")).toBe(`so${"x".repeat(100)}it`);
});

test("an emoji of many code points is never torn", async () => {
  const family = "👨‍👩‍👧‍👦";
  const cut = (await lines(family.repeat(50))).flat();
  expect(cut.every((line) => line.replaceAll(family, "") === "")).toBe(true);
  expect(cut[0]).toBe(family.repeat(21));
});

test("Chinese has 21 characters a line and breaks between words", async () => {
  const text = "今天天气非常好我们决定去公园散步公园里有很多人在放风筝孩子们在草地上奔跑";
  const cut = (await lines(text, {}, 7)).flat();
  expect(cut.join("")).toBe(text);
  expect(cut.every((line) => line.length <= 21)).toBe(true);
  const ends = new Set<number>();
  for (const { index } of new Intl.Segmenter("zh", { granularity: "word" }).segment(text)) {
    ends.add(index);
  }
  expect(ends).toContain(cut[0]!.length);
});

test("no line begins with Chinese closing marks or ends with opening ones", async () => {
  const cut = (await lines("他说：「今天天气非常好。」".repeat(10), {}, 30)).flat();
  expect(cut.length).toBeGreaterThan(4);
  for (const line of cut) {
    expect(line).not.toMatch(/^[：。」]/);
    expect(line).not.toMatch(/「$/);
  }
});

test("Thai breaks between words", async () => {
  const text = "วันนี้เราจะมาพูดถึงเรื่องการพัฒนาเทคโนโลยีปัญญาประดิษฐ์ในประเทศไทยและผลกระทบต่อสังคม";
  const cut = (await lines(text, {}, 7)).flat();
  expect(cut.join("")).toBe(text);
  const starts = new Set<number>();
  for (const { index } of new Intl.Segmenter("th", { granularity: "word" }).segment(text)) {
    starts.add(index);
  }
  expect(cut.length).toBeGreaterThan(1);
  expect(starts).toContain(cut[0]!.length);
});

test("Arabic stays in its logical order", async () => {
  const text = "مرحبا بكم في برنامجنا اليوم، سوف نتحدث عن أهمية التعليم في حياة الإنسان؟";
  expect((await lines(text, {}, 6)).flat().join(" ")).toBe(text);
});

test("punctuation standing alone stays with its word", async () => {
  const cut = await lines(
    "« Il ne viendra pas ce soir. » Elle est partie sans dire un mot de plus.",
  );
  expect(cut.flat()).toEqual([
    "« Il ne viendra pas ce soir. »",
    "Elle est partie sans dire un mot de plus.",
  ]);
});

test("the options set columns, lines and seconds", async () => {
  const text = "one two three four five six seven eight nine ten";
  const narrow = await lines(text, { maxChars: 10, maxLines: 1 });
  expect(narrow.every((cue) => cue.length === 1 && cue[0]!.length <= 10)).toBe(true);
  const three = await lines(text, { maxChars: 20, maxLines: 3 });
  expect(three).toHaveLength(1);
  expect(three[0]).toHaveLength(3);
  const quick = await allCues([segment(text, 0, 20)], { maxSeconds: 2 });
  expect(quick.every(({ startMs, endMs }) => endMs - startMs <= 2000)).toBe(true);
});

test("options that make no sense count as absent", async () => {
  const text = "This is a little too long for just a single line";
  const senseless = { maxChars: Number.NaN, maxLines: 0, maxSeconds: -1 };
  expect(await lines(text, senseless)).toEqual(await lines(text));
});

test("line breaks and control characters become spaces, and what shows nothing no cue", async () => {
  expect(await lines("one\n\ntwo\r\n\u0000three\u2028four\tfive")).toEqual([
    ["one two three four five"],
  ]);
  expect(await lines("\u200b \u0007 \ufeff")).toEqual([]);
  expect(await lines("half \ud800 pair")).toEqual([["half \ufffd pair"]]);
});

test("utterances without a pause between them are cut as one text", async () => {
  const together = [segment("Yes.", 0, 0.3), segment("We are going there now.", 0.3, 2)];
  expect(await allCues(together).then((all) => all.map(({ lines }) => lines))).toEqual([
    ["Yes. We are going there now."],
  ]);
});

test("a speaker change starts a cue", async () => {
  const turns = [
    segment("Yes.", 0, 1, { speaker: 0 }),
    segment("No.", 1, 2, { speaker: 1 }),
    segment("Oh.", 2, 3, { speaker: 1, channel: 1 }),
  ];
  expect(await allCues(turns).then((all) => all.map(({ lines }) => lines))).toEqual([
    ["Yes."],
    ["No."],
    ["Oh."],
  ]);
});

test("a word said in a flash is shown with what follows", async () => {
  const long = "So we went along that old road until we came to the bridge, where he waited.";
  const cut = await lines(`Right. ${long}`);
  expect(cut[0]!.join(" ")).toMatch(/^Right\. So .*bridge,$/);
});
