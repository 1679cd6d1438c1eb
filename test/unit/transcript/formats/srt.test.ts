import { expect, test } from "vitest";
import { srt } from "../../../../src/transcript/captions/captions.ts";
import { segment, spoken } from "./segment.ts";

const render = async (...args: Parameters<typeof srt>) =>
  (await Array.fromAsync(srt(...args))).join("");
const text = async (...args: Parameters<typeof srt>) => {
  const captions = (await render(...args)).split("\n\n").slice(0, -1);
  return captions.map((caption) => caption.split("\n").slice(2));
};

const dialogue = [
  segment("Hi.", 0, 1, { speaker: 0 }),
  segment("Yes?", 1, 2, { speaker: 1 }),
  segment("Who is it?", 4, 5, { speaker: 1 }),
  segment("Me.", 5, 6, { speaker: 0 }),
];

test("cues are numbered from 1 and have decimal commas", async () => {
  expect(await render([segment("One.", 1, 2), segment("Two.", 90_000, 90_002.5)])).toBe(
    "1\n00:00:01,000 --> 00:00:02,000\nOne.\n\n2\n25:00:00,000 --> 25:00:02,500\nTwo.\n\n",
  );
});

test("silence is an empty file", async () => {
  expect(await render([])).toBe("");
});

test("a speaker is named where the speaker changes", async () => {
  expect(await text(dialogue)).toEqual([
    ["Speaker 0: Hi."],
    ["Speaker 1: Yes?"],
    ["Who is it?"],
    ["Speaker 0: Me."],
  ]);
});

test("channels are named alike", async () => {
  const both = [segment("Hi.", 0, 1), segment("Yes?", 1, 2, { channel: 1 })];
  expect(await text(both)).toEqual([["Channel 0: Hi."], ["Channel 1: Yes?"]]);
});

test("a lone speaker is named only if asked for", async () => {
  const alone = dialogue.slice(0, 1);
  expect(await text(alone)).toEqual([["Hi."]]);
  expect(await text(alone, { speakers: true })).toEqual([["Speaker 0: Hi."]]);
});

test("no speaker is named if not wanted", async () => {
  expect(await text(dialogue, { speakers: false })).toEqual([
    ["Hi."],
    ["Yes?"],
    ["Who is it?"],
    ["Me."],
  ]);
});

test("the name counts in the length of the line", async () => {
  const long = "Forty-two characters fit on just one line.";
  const [first] = await text([segment(long, 0, 4, { speaker: 0 })], { speakers: true });
  expect(first).toHaveLength(2);
  expect(first!.join(" ")).toBe(`Speaker 0: ${long}`);
});

test("one who goes on after an interruption is named again", async () => {
  const long = "One two three four five. ".repeat(8).trim();
  const shown = await text([segment(long, 0, 20), segment("Right.", 9, 9.5, { channel: 1 })]);
  const at = shown.findIndex(([line]) => line === "Channel 1: Right.");
  expect(shown[at + 1]![0]).toMatch(/^Channel 0: /);
  expect(shown[at + 2]![0]).not.toMatch(/^Channel/);
});

test("one who goes on after all, as the words' times show, is not named again", async () => {
  const shown = await text([
    segment("Hi.", 0, 1, { speaker: 0 }),
    spoken({ 10: "Yes." }, 0.4, { speaker: 1, start: 2 }),
    segment("Well.", 3, 4, { speaker: 0 }),
  ]);
  expect(shown).toEqual([["Speaker 0: Hi."], ["Well."], ["Speaker 1: Yes."]]);
});

test("the name counts where a long text is cut", async () => {
  const long = "word ".repeat(30).trim();
  const shown = await text([segment(long, 0, 10, { speaker: 0 })], { speakers: true });
  expect(shown).toHaveLength(2);
});

test("a name too wide for half a line is left out", async () => {
  expect((await text(dialogue, { maxChars: 12 })).flat()).toEqual([
    "Hi.",
    "Yes?",
    "Who is it?",
    "Me.",
  ]);
});

test("a name never stands alone", async () => {
  const wide = [segment("x".repeat(42), 0, 20, { speaker: 0 })];
  expect(await text(wide, { speakers: true })).toEqual([["Speaker 0:", "x".repeat(42)]]);
  expect(await text(wide, { speakers: true, maxLines: 1 })).toEqual([["x".repeat(42)]]);
});
