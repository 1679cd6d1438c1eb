import { expect, test } from "vitest";
import type { Segment } from "../../src/transcript/segments/segment.ts";
import { allCues } from "./all-cues.ts";
import { segment, spoken } from "./segment.ts";

const times = (segments: Segment[]) =>
  allCues(segments).then((all) => all.map(({ startMs, endMs }) => [startMs, endMs]));

test("a cue begins with its first word and ends with its last", async () => {
  expect(await times([spoken({ 1: "One", 2: "two", 2.5: "three." })])).toEqual([[1000, 2900]]);
});

test("a short cue stays for a second where nothing follows", async () => {
  expect(await times([segment("Yes.", 1, 1.2), segment("Well.", 5, 5)])).toEqual([
    [1000, 2000],
    [5000, 6000],
  ]);
});

test("a short cue stays only until the next begins", async () => {
  const turns = [segment("Yes.", 1, 1.4, { speaker: 0 }), segment("No.", 1.5, 3, { speaker: 1 })];
  expect(await times(turns)).toEqual([
    [1000, 1500],
    [1500, 3000],
  ]);
});

test("a pause within a segment ends a cue", async () => {
  expect(await times([spoken({ 0: "Wait", 1: "for", 6: "it." }, 1)])).toEqual([
    [0, 2000],
    [6000, 7000],
  ]);
});

test("words that do not spell the text give way to times spread over the segment", async () => {
  const words = spoken({ 0: "We", 0.5: "should" }).words;
  const text = "We should reduce the waste. And this is how to do it.";
  const [first, second] = await allCues([segment(text, 0, 10, { words })]);
  expect(first!.lines.join(" ")).toBe("We should reduce the waste.");
  expect(second!.startMs).toBe(Math.round((10_000 * 23) / 42));
  expect(second!.endMs).toBe(10_000);
});

test("words spell the text whatever white space is between them", async () => {
  const words = spoken({ 0: "今天", 1: "天气", 3: "好。" }, 1).words;
  expect(await times([segment("今天天气好。", 0, 4, { words })])).toEqual([
    [0, 2000],
    [3000, 4000],
  ]);
});

test("no cue stays for more than seven seconds", async () => {
  const endless = [segment("Hm.", 0, 60), segment("word ".repeat(20), 60, 120)];
  for (const [start, end] of await times(endless)) expect(end! - start!).toBeLessThanOrEqual(7000);
});

test("two who talk at once are shown one after the other", async () => {
  const both = [segment("Hello there!", 1, 3), segment("Hello you!", 1, 3, { channel: 1 })];
  const shown = await times(both);
  expect(shown).toEqual([
    [1000, 1440],
    [1440, 3000],
  ]);
});

test("an interruption comes between the cues of the interrupted", async () => {
  const long = segment("One two three four five. ".repeat(8).trim(), 0, 20);
  const shown = await allCues([long, segment("Right.", 9, 9.5, { channel: 1 })]);
  const at = shown.findIndex(({ lines }) => lines[0] === "Right.");
  expect(at).toBeGreaterThan(0);
  expect(at).toBeLessThan(shown.length - 1);
  expect(shown[at]!.startMs).toBeLessThan(12_000);
});

test("one voice that talks across itself is shown in order of time", async () => {
  const long = segment("One two three four five. ".repeat(8).trim(), 0, 20);
  const shown = await allCues([long, segment("Right.", 9, 9.5)]);
  const at = shown.findIndex(({ lines }) => lines[0] === "Right.");
  expect(at).toBeGreaterThan(0);
  expect(at).toBeLessThan(shown.length - 1);
});

test("an hour of two channels talking all the time never lags by more than three seconds", async () => {
  const both = Array.from({ length: 1800 }, (_, i) =>
    segment(
      `Number ${i}. And more of it, much more, all the time, and on and on.`,
      i * 2,
      i * 2 + 4,
      {
        channel: i % 2,
      },
    ),
  );
  for (const { startMs, lines } of await allCues(both)) {
    const number = /Number (\d+)/.exec(lines.join(" "))?.[1];
    if (number !== undefined) expect(startMs - Number(number) * 2000).toBeLessThan(3100);
  }
});
