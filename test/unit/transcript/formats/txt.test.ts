import { expect, test } from "vitest";
import { txt } from "../../../../src/transcript/formats/paragraphs.ts";
import { segment } from "./segment.ts";

const render = async (...args: Parameters<typeof txt>) =>
  (await Array.fromAsync(txt(...args))).join("");

test("segments of one turn are a paragraph", async () => {
  expect(await render([segment("Hello there.", 0, 1), segment("How are you?", 2, 3)])).toBe(
    "Hello there. How are you?\n",
  );
});

test("a long pause starts a paragraph", async () => {
  expect(await render([segment("Before.", 0, 1), segment("After.", 3, 4)])).toBe(
    "Before.\n\nAfter.\n",
  );
});

test("a turn starts a paragraph that names who speaks", async () => {
  const turns = [
    segment("Hi.", 0, 1, { speaker: 0 }),
    segment("Yes?", 1, 2, { speaker: 1 }),
    segment("Who is it?", 2, 3, { speaker: 1 }),
  ];
  expect(await render(turns)).toBe("Speaker 0: Hi.\n\nSpeaker 1: Yes? Who is it?\n");
  expect(await render(turns, { speakers: false })).toBe("Hi.\n\nYes? Who is it?\n");
});

test("channels are named where there are several", async () => {
  expect(await render([segment("Hi.", 0, 1), segment("Yes?", 1, 2, { channel: 1 })])).toBe(
    "Channel 0: Hi.\n\nChannel 1: Yes?\n",
  );
});

test("a monologue is cut into paragraphs at sentence ends", async () => {
  const talk = Array.from({ length: 100 }, (_, i) =>
    segment(i % 2 ? "which goes on, and ends here." : "This is a sentence", i, i + 1),
  );
  const paragraphs = (await render(talk)).trim().split("\n\n");
  expect(paragraphs.length).toBeGreaterThan(2);
  for (const paragraph of paragraphs) {
    expect(paragraph).toMatch(/here\.$/);
    expect(paragraph.length).toBeLessThan(1000);
  }
});

test("Chinese sentences are joined without spaces, Thai ones with", async () => {
  expect(await render([segment("你好。", 0, 1), segment("再见。", 1, 2)])).toBe("你好。再见。\n");
  expect(await render([segment("สวัสดี", 0, 1), segment("ลาก่อน", 1, 2)])).toBe("สวัสดี ลาก่อน\n");
});

test("a new line starts a paragraph", async () => {
  expect(await render([segment("Dear Ada,\n", 0, 1), segment("thank you.", 1, 2)])).toBe(
    "Dear Ada,\n\nthank you.\n",
  );
});

test("line breaks within a segment are spaces", async () => {
  expect(await render([segment("one\n\ntwo\u0000", 0, 1)])).toBe("one two\n");
});

test("silence is an empty text", async () => {
  expect(await render([])).toBe("");
  expect(await render([segment(" \n", 0, 1)])).toBe("");
});
