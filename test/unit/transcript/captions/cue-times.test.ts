import { expect, test } from "vitest";
import type { Segment } from "../../../../src/transcript/segments/segment.ts";
import { segment, spoken } from "../formats/segment.ts";
import { allCues } from "./all-cues.ts";

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
  const turns = [segment("Yes.", 1, 1.4, { speaker: 0 }), segment("No.", 1.8, 3, { speaker: 1 })];
  expect(await times(turns)).toEqual([
    [1000, 1800],
    [1800, 3000],
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

const FAST = "Fifty-nine characters are said in one second and a half, no";

test.each([
  ["until it can be read", 9, {}, 3950],
  ["until it can be read at the speed given", 9, { maxCps: 10 }, 6900],
  ["only until the next begins", 3, {}, 3000],
  ["no longer than a cue may", 9, { maxSeconds: 2 }, 3000],
  ["for its speech alone where that is slow enough", 9, { maxCps: 100 }, 2500],
])("a cue of fast speech stays %s", async (_, next, options, endMs) => {
  expect(FAST).toHaveLength(59);
  const said = [
    segment(FAST, 1, 2.5, { speaker: 0 }),
    segment("And then nothing.", next, next + 1, { speaker: 1 }),
  ];
  const [first] = await allCues(said, options);
  expect([first!.startMs, first!.endMs]).toEqual([1000, endMs]);
});

test("a wide character takes as long to read as two others", async () => {
  const [first] = await allCues([segment("今天天气非常好我们去公园吃饭看花", 1, 1.5)]);
  expect(first!.endMs).toBe(1000 + (16 * 2 * 1000) / 20);
});

const shown = async (...given: Parameters<typeof allCues>) =>
  (await allCues(...given)).map(({ startMs, endMs, lines }) => [startMs, endMs, ...lines]);

test("two who talk at once are shown in one cue, on a line with a dash each", async () => {
  const both = [segment("Hello there!", 1, 3), segment("Hello you!", 1, 3, { channel: 1 })];
  expect(await shown(both)).toEqual([[1000, 3000, "- Hello there!", "- Hello you!"]]);
});

test("two who talk at once are shown one after the other where a cue has one line", async () => {
  const both = [segment("Hello there!", 1, 3), segment("Hello you!", 1, 3, { channel: 1 })];
  expect(await shown(both, { maxLines: 1 })).toEqual([
    [1000, 1600, "Hello there!"],
    [1600, 3000, "Hello you!"],
  ]);
});

test("two who talk at once for long go on together from cue to cue", async () => {
  const one = segment("One two three four five six seven eight nine ten eleven.", 0, 5.5);
  const other = segment("Uno due tre quattro cinque sei sette otto nove dieci undici.", 0, 5.5);
  const found = await allCues([one, { ...other, channel: 1 }]);
  expect(found.length).toBeGreaterThan(1);
  for (const { turns } of found) {
    expect(turns.map(({ voice }) => voice)).toEqual(["Channel 0", "Channel 1"]);
  }
  for (const [i, { text }] of [one, other].entries()) {
    const said = found.map(({ turns }) => turns[i]!.lines.join(" ").replace(/^- /, ""));
    expect(said.join(" ")).toBe(text);
  }
});

test("who talks over the middle of another's cue is shown beside the rest of it", async () => {
  const long = segment("We should go there at once and see what can be done.", 0, 6);
  expect(await shown([long, segment("Yeah.", 2, 2.6, { channel: 1 })])).toEqual([
    [0, 2000, "We should go there"],
    [2000, 6000, "- Yeah.", "- at once and see what can be done."],
  ]);
});

test("an answer that begins a little early waits until the question can be read", async () => {
  const question = segment("Shall we go there now, all of us together?", 0, 2);
  expect(await shown([question, segment("Yes.", 1.8, 2.5, { channel: 1 })])).toEqual([
    [0, 2000, "Shall we go there now, all of us together?"],
    [2000, 3000, "Yes."],
  ]);
});

test("an answer that begins a little early has a cue alone, also where the question is shown for less", async () => {
  const question = segment("Shall we go there now?", 0, 1);
  expect(await shown([question, segment("Yes.", 0.85, 2, { channel: 1 })])).toEqual([
    [0, 1000, "Shall we go there now?"],
    [1000, 2000, "Yes."],
  ]);
});

test("turns too short to be read share a cue", async () => {
  const turns = [segment("Yes.", 1, 1.4, { speaker: 0 }), segment("No.", 1.5, 3, { speaker: 1 })];
  expect(await shown(turns)).toEqual([[1000, 3000, "- Yes.", "- No."]]);
});

test("text without times is shown in phrases, not word by word", async () => {
  const both = [segment("Left says this.", 0, 60), segment("Right says that.", 0, 60)];
  expect(await shown([both[0]!, { ...both[1]!, channel: 1 }])).toEqual([
    [0, 7000, "- Left says this.", "- Right says that."],
  ]);
  expect(await shown([segment("One of them. Another one.", 0, 60)])).toEqual([
    [0, 7000, "One of them."],
    [28571, 35571, "Another one."],
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
