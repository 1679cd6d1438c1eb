import { describe, expect, test } from "vitest";
import type { Segment } from "../../../../src/transcript/segments/segment.ts";
import { type SliceOptions, slice } from "../../../../src/transcript/slice/slice.ts";
import { segment, spoken } from "../formats/segment.ts";

const sliced = (segments: Segment[], options: SliceOptions) =>
  Array.fromAsync(slice(segments, options));
const texts = async (...args: Parameters<typeof sliced>) =>
  (await sliced(...args)).map(({ text }) => text);

const counted = spoken({ 1: "One,", 2: "two", 3: "three", 4: "four." }, 0.5);

describe("from and to", () => {
  test("cut a segment at words, and its text and times with them", async () => {
    const [part] = await sliced([counted], { from: 2, to: 4 });
    expect(part).toEqual({
      ...counted,
      start: 2,
      end: 3.5,
      text: "two three",
      words: counted.words.slice(1, 3),
    });
  });

  test("take what begins at from and leave what begins at to", async () => {
    const three = [segment("Before.", 0, 1), segment("During.", 1, 2), segment("After.", 2, 3)];
    expect(await sliced(three, { from: 1, to: 2 })).toEqual([three[1]]);
  });

  test("leave times as they are where a word goes on behind to", async () => {
    const [part] = await sliced([counted], { to: 3.25 });
    expect(part).toMatchObject({ end: 3.5, text: "One, two three" });
    expect(part!.words.at(-1)!.end).toBe(3.5);
  });

  test("pass what lies within as it is, whatever its text", async () => {
    const odd = { ...counted, text: " One,\n two \u0000three\tfour. " };
    const within = await sliced([odd], { from: 1, to: 5, minConfidence: 1 });
    expect(within[0]).toBe(odd);
    const touching = await sliced([{ ...odd, start: 0.5, end: 5 }], { from: 0.75, to: 5 });
    expect(touching[0]!.text).toBe(odd.text);
    const blank = segment(" \n", 1, 2);
    expect((await sliced([blank], { from: 1, to: 5 }))[0]).toBe(blank);
  });

  test("give nothing of a silence", async () => {
    expect(await sliced([counted], { from: 1.25, to: 2 })).toEqual([]);
    expect(await sliced([counted], { from: 4.75 })).toEqual([]);
  });

  test("keep the spaces of the text and set none where its script does not", async () => {
    const chinese = {
      ...spoken({ 1: "今天", 2: "天气", 3: "很", 4: "好。" }),
      text: "今天天气 很好。",
    };
    expect(await texts([chinese], { from: 2 })).toEqual(["天气 很好。"]);
    expect(await texts([chinese], { from: 3 })).toEqual(["很好。"]);
  });

  test("pass over words that show nothing", async () => {
    const said = {
      ...spoken({ 1: "\u200b", 2: "Oh", 3: "well.", 4: "So." }),
      text: "Oh  well. So.",
    };
    expect(await texts([said], { to: 4 })).toEqual(["Oh well."]);
  });

  test("hold words within the time of their segment", async () => {
    const early = spoken({ 1: "One,", 9: "two" }, 0.5, { start: 5, end: 8 });
    const [first] = await sliced([early], { from: 4, to: 6 });
    expect(first).toMatchObject({ start: 5, end: 5, text: "One," });
    const [second] = await sliced([early], { from: 6, to: 8.5 });
    expect(second).toMatchObject({ start: 8, end: 8, text: "two" });
  });
});

describe("a text that its words do not spell", () => {
  const { words } = spoken({ 1: "Twenty", 2: "five", 3: "dollars", 4: "please." }, 0.5);
  const smart = segment("$25, please.", 1, 4.5, { words });

  test("stays where nothing is cut", async () => {
    expect((await sliced([smart], { from: 1, to: 5 }))[0]).toBe(smart);
    expect((await sliced([smart], { from: 0.5, to: 4.25 }))[0]).toBe(smart);
  });

  test("becomes that of the words that are left", async () => {
    const [part] = await sliced([smart], { from: 2, to: 4 });
    expect(part).toMatchObject({ start: 2, end: 3.5, text: "five dollars" });
    expect(part!.words).toEqual(words.slice(1, 3));
    const upper = { ...spoken({ 1: "oh", 2: "well" }), text: "OH well" };
    expect(await texts([upper], { to: 2 })).toEqual(["oh"]);
  });

  test("is cut as if spoken evenly where there are too few words for it", async () => {
    const few = segment("abcd efgh ijkl", 0, 12, { words: spoken({ 0: "abcd" }, 1).words });
    const [part] = await sliced([few], { from: 4, to: 12 });
    expect(part).toEqual({ ...few, start: 4, end: 12, text: "efgh ijkl", words: [] });
  });

  test("is cut as if spoken evenly where there are no words", async () => {
    const bare = segment("abcd efgh ijkl.", 0, 13);
    expect(await sliced([bare], { from: 3, to: 5 })).toEqual([
      { ...bare, start: 4, end: 8, text: "efgh" },
    ]);
    expect((await sliced([bare], { from: 0, to: 9 }))[0]).toBe(bare);
    expect(await sliced([bare], { from: 9 })).toEqual([]);
    expect(await texts([bare], { to: 8 })).toEqual(["abcd efgh"]);
    expect(await texts([segment("今天天气好。", 0, 6)], { from: 2 })).toEqual(["天气好。"]);
    const quoted = [segment("« abc » defg", 0, 9)];
    expect(await texts(quoted, { from: 5 })).toEqual(["defg"]);
    expect(await texts(quoted, { from: 6 })).toEqual([]);
  });
});

describe("channel and speaker", () => {
  const said = [
    segment("a", 0, 1, { channel: 0, speaker: 1 }),
    segment("b", 1, 2, { channel: 1, speaker: 0 }),
    segment("c", 2, 3, { channel: 1, speaker: 1 }),
    segment("d", 3, 4, { channel: 0, speaker: null }),
  ];
  test.each([
    [{ channel: 0 }, ["a", "d"]],
    [{ channel: 1 }, ["b", "c"]],
    [{ speaker: 0 }, ["b"]],
    [{ speaker: 1 }, ["a", "c"]],
    [{ channel: 1, speaker: 1 }, ["c"]],
    [{ channel: 2 }, []],
    [{ speaker: 1, from: 1 }, ["c"]],
    [{}, ["a", "b", "c", "d"]],
  ])("%j", async (options, expected) => {
    expect(await texts(said, options)).toEqual(expected);
  });
});

describe("the least confidence", () => {
  const sure = (...confidences: (number | null)[]) => ({
    ...counted,
    words: counted.words.map((word, i) => ({ ...word, confidence: confidences[i] ?? null })),
  });

  test("takes out the words below it, and their text", async () => {
    const said = sure(0.9, 0.4, 0.5, 0.6);
    const [part] = await sliced([said], { minConfidence: 0.5 });
    expect(part).toEqual({
      ...said,
      text: "One, three four.",
      words: said.words.filter(({ text }) => text !== "two"),
    });
  });

  test("takes out a segment of which nothing is left", async () => {
    expect(await sliced([sure(0.1, 0.2, 0.3, 0.4)], { minConfidence: 0.5 })).toEqual([]);
  });

  test("moves start and end to the words left", async () => {
    const [part] = await sliced([sure(0.1, 0.9, 0.9, 0.1)], { minConfidence: 0.5 });
    expect(part).toMatchObject({ start: 2, end: 3.5, text: "two three" });
  });

  test("leaves words and text of which no confidence is known", async () => {
    const said = [sure(null, null, null, null), segment("Hm.", 6, 7)];
    expect(await sliced(said, { minConfidence: 1 })).toEqual(said);
  });

  test("leaves text that a few unsure words do not stand for", async () => {
    const words = [{ text: "One", start: 1, end: 2, confidence: 0.1 }];
    const said = segment("One and two and three", 1, 9, { words });
    expect(await sliced([said], { minConfidence: 0.5 })).toEqual([{ ...said, words: [] }]);
  });

  test("goes with from and to", async () => {
    expect(await texts([sure(1, 0.1, 1, 1)], { from: 2, to: 4, minConfidence: 0.5 })).toEqual([
      "three",
    ]);
  });
});

test("a segment that begins later for being cut comes after those that begin before", async () => {
  const said = [
    spoken({ 0: "One", 5: "two" }, 0.5),
    segment("Hm.", 1, 2, { channel: 1 }),
    segment("Well.", 7, 8, { channel: 1 }),
  ];
  expect(await texts(said, { from: 1 })).toEqual(["Hm.", "two", "Well."]);
  expect(await texts(said, { from: 1, to: 7 })).toEqual(["Hm.", "two"]);
});

describe("a stream", () => {
  test("is read no further than to, and closed", async () => {
    let closed = false;
    function* endless() {
      try {
        for (let i = 0; ; i++) {
          if (i > 10) throw new Error("asked for more than was wanted");
          yield segment("So.", i, i + 1, { channel: i % 2 });
        }
      } finally {
        closed = true;
      }
    }
    expect(await Array.fromAsync(slice(endless(), { to: 10, channel: 0 }))).toHaveLength(5);
    expect(closed).toBe(true);
  });

  test("gives each segment before the next is asked for", async () => {
    async function* broken() {
      yield segment("So.", 0, 1);
      throw new Error("storage is away");
    }
    const parts = slice(broken(), {});
    expect((await parts.next()).value?.text).toBe("So.");
    await expect(parts.next()).rejects.toThrow("storage is away");
  });
});
