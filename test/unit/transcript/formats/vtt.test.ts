import { expect, test } from "vitest";
import { vtt } from "../../../../src/transcript/captions/captions.ts";
import { segment } from "./segment.ts";

const render = async (...args: Parameters<typeof vtt>) =>
  (await Array.fromAsync(vtt(...args))).join("");

test("a cue has times, text and a blank line", async () => {
  expect(await render([segment("Hello there.", 1, 2.5)])).toBe(
    "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\nHello there.\n\n",
  );
});

test("silence is a valid document without cues", async () => {
  expect(await render([])).toBe("WEBVTT\n\n");
});

test("markup in the text is escaped, and no arrow is left", async () => {
  const [, cue] = (await render([segment("<b>Tom & Jerry</b> --> x", 0, 3)])).split(".000\n");
  expect(cue).toBe("&lt;b&gt;Tom &amp; Jerry&lt;/b&gt; -- &gt; x\n\n");
});

test("hours go past 24 and 100", async () => {
  expect(await render([segment("a", 90_000, 90_001)])).toContain("25:00:00.000 --> 25:00:01.000");
  expect(await render([segment("a", 450_000, 450_001)])).toContain(
    "125:00:00.000 --> 125:00:01.000",
  );
});

test("the voice names the speaker", async () => {
  const one = [segment("Hi.", 0, 1, { speaker: 3 })];
  expect(await render(one)).toContain("\n<v Speaker 3>Hi.</v>\n");
  expect(await render(one, { speakers: false })).toContain("\nHi.\n");
});

test("the voice names channels where there are several", async () => {
  const two = [
    segment("Hi.", 0, 1, { channel: 0 }),
    segment("Yes?", 1, 2, { channel: 1, speaker: 2 }),
    segment("Me.", 2, 3),
  ];
  expect(await render(two)).toContain("<v Channel 0>Hi.</v>");
  expect(await render(two)).toContain("<v Channel 0>Me.</v>");
  expect(await render(two)).toContain("<v Channel 1, Speaker 2>Yes?</v>");
  expect(await render(two.slice(0, 1))).toContain("\nHi.\n");
  expect(await render(two.slice(1, 2))).toContain("<v Channel 1, Speaker 2>Yes?</v>");
});

test("each of two who talk at once has a voice of its own", async () => {
  const both = [segment("Hi.", 0, 1), segment("Yes?", 0, 1, { channel: 1 })];
  expect(await render(both)).toContain("\n<v Channel 0>- Hi.</v>\n<v Channel 1>- Yes?</v>\n\n");
  expect(await render(both, { speakers: false })).toContain("\n- Hi.\n- Yes?\n\n");
});
