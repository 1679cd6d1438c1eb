import { describe, expect, it } from "vitest";
import { body, channel, utterance, words } from "./bodies.ts";
import { streamed, TINY, whole } from "./stored.ts";

type Json = Record<string, unknown>;

/** Channel, speaker and text of each segment: the same of a body in memory and of a stored one. */
async function said(results: Json): Promise<unknown[]> {
  const json = JSON.stringify(body(results));
  const segments = whole(json);
  expect((await streamed(json, TINY)).found).toEqual(segments);
  return segments.map(({ channel, speaker, text }) => [channel, speaker, text]);
}

const ofOne = (spoken: Json[], utterances: unknown[], more: Json = {}) =>
  said({ channels: [channel(spoken, more)], utterances });

const spoken = words("One two three four.");
const rounded = (digits: number) => (word: Json) => ({
  ...word,
  start: Number((Number(word.start) + 0.0123).toFixed(digits)),
  end: Number((Number(word.end) + 0.0123).toFixed(digits)),
});

describe("a word of the channel that no utterance has is shown", () => {
  it("between its neighbours, in the utterance that left it out", async () => {
    const listed = spoken.filter((_, i) => i !== 1);
    const one = utterance("One three four.", 0, { words: listed, end: 3.5 });
    expect(await ofOne(spoken, [one])).toEqual([[0, null, "One two three four."]]);
  });

  it("under its own speaker there", async () => {
    const own = spoken.map((word, i) => ({ ...word, speaker: i === 1 ? 1 : 0 }));
    const one = utterance("One three four.", 0, { words: own.filter((_, i) => i !== 1), end: 3.5 });
    expect(await ofOne(own, [one])).toEqual([
      [0, 0, "One"],
      [0, 1, "two"],
      [0, 0, "three four."],
    ]);
  });

  it("by itself before, between and after utterances", async () => {
    const all = words("a b c d e", 0).map((word, i) => ({ ...word, start: 9 * i, end: 9 * i + 1 }));
    const utterances = [1, 3].map((i) =>
      utterance("x", 9 * i, { words: [all[i]], transcript: "" }),
    );
    const found = [..."abcde"].map((text) => [0, null, text]);
    expect(await ofOne(all, utterances)).toEqual(found);
  });

  it("where the transcript of an utterance leaves out what it lists", async () => {
    const one = utterance("One three, four.", 0, { words: spoken, end: 3.5 });
    expect(await ofOne(spoken, [one])).toEqual([[0, null, "One two three, four."]]);
  });

  it("where a sentence leaves it out", async () => {
    const sentences = [{ text: "One three four.", start: 0, end: 3.5 }];
    const paragraphs = { paragraphs: [{ sentences }] };
    expect(await ofOne(spoken, [], { paragraphs })).toEqual([[0, null, "One two three four."]]);
  });
});

describe("a word is shown once where an utterance has it", () => {
  const once = [[0, null, "One two three four."]];

  it.each([
    ["rounded to hundredths", spoken.map(rounded(2))],
    ["rounded to tenths", spoken.map(rounded(1))],
    ["rounded to seconds", spoken.map(rounded(0))],
    ["without times", spoken.map(({ start: _, end: __, ...word }) => word)],
    ["without punctuation", spoken.map(({ punctuated_word: _, ...word }) => word)],
    ["none", []],
    ["only the first", spoken.slice(0, 1)],
  ])("with words %s", async (_, listed) => {
    expect(await ofOne(spoken, [utterance("One two three four.", 0, { words: listed })])).toEqual(
      once,
    );
  });

  it("though the utterance is over before most of its words", async () => {
    const text = Array.from({ length: 150 }, (_, i) => i % 10).join(" ");
    const one = utterance(text, 0, { end: 0.5 });
    expect(await ofOne(words(text), [one])).toEqual([[0, null, text]]);
  });

  it("though the next utterance lists it too", async () => {
    const all = words("One two no no four.");
    const utterances = [all.slice(0, 4), all.slice(3)].map((listed) =>
      utterance("", Number(listed[0]!.start), { words: listed, end: listed.at(-1)!.end }),
    );
    expect(await ofOne(all, utterances)).toEqual([
      [0, null, "One two no no"],
      [0, null, "four."],
    ]);
  });

  it("without a text, 0.3 s late and without the speakers that the channel knows", async () => {
    const own = spoken.map((word, i) => ({ ...word, speaker: i < 2 ? 0 : 1 }));
    const late = spoken.map((word) => ({ ...word, start: Number(word.start) + 0.3 }));
    expect(await ofOne(own, [utterance("", 0, { words: late, end: 3.8 })])).toEqual([
      [0, 0, "One two"],
      [0, 1, "three four."],
    ]);
  });

  it("of words without times", async () => {
    const untimed = spoken.map(({ start: _, end: __, ...word }) => word);
    expect(await ofOne(untimed, [utterance("One two three four.", 0)])).toEqual(once);
  });

  it("spelled otherwise", async () => {
    const one = utterance("It is $20 now.", 0, { words: words("It is $20 now."), end: 3.5 });
    const listed = words("It is twenty now.");
    expect(await ofOne(listed, [one])).toEqual([[0, null, "It is $20 now."]]);
  });

  it.each([
    ["none", []],
    ["without speakers", spoken],
  ])("with the speaker that only the channel knows, and words %s", async (_, listed) => {
    const own = spoken.map((word, i) => ({ ...word, speaker: i < 2 ? 0 : 1 }));
    expect(await ofOne(own, [utterance("One two three four.", 0, { words: listed })])).toEqual([
      [0, 0, "One two"],
      [0, 1, "three four."],
    ]);
  });

  it("and another at the same time", async () => {
    const [a, b] = [0, 1].map((speaker) =>
      words(speaker === 0 ? "Well I mean" : "Yes yes", speaker / 4, { speaker }),
    );
    const all = [...a!, ...b!].sort((x, y) => Number(x.start) - Number(y.start));
    const utterances = [
      utterance("Well I mean", 0, { words: [], speaker: 0 }),
      utterance("Yes yes", 0.25, { words: [], speaker: 1 }),
    ];
    expect(await ofOne(all, utterances)).toEqual([
      [0, 0, "Well I mean"],
      [0, 1, "Yes yes"],
    ]);
  });
});

describe("an utterance of words that another channel has", () => {
  const [left, right] = [words("Left side here"), words("Right side there", 5)];
  const utterances = [utterance("Left side here", 0), utterance("Right side there", 5)];

  it.each([
    ["says the wrong channel", 0],
    ["says no channel", undefined],
    ["says one that is not there", 7],
  ])("gives its place to that channel's words where it %s", async (_, number) => {
    const given = [utterances[0], { ...utterances[1], channel: number }];
    const channels = [channel(left), channel(right)];
    expect(await said({ channels, utterances: given })).toEqual([
      [0, null, "Left side here"],
      [1, null, "Right side there"],
    ]);
  });

  it("is shown where it is of none", async () => {
    const given = [utterances[0], utterance("Nobody has this", 9)];
    expect(await said({ channels: [channel(left), channel(right)], utterances: given })).toEqual([
      [0, null, "Left side here"],
      [1, null, "Right side there"],
      [0, null, "Nobody has this"],
    ]);
  });
});

describe("a new line that was dictated ends a segment", () => {
  const two = [
    [0, null, "One two.\n"],
    [0, null, "Three."],
  ];
  const dictated = (before: string, after: string) => {
    const all = words("One two. Three.");
    all[1]!.punctuated_word = `two.${before}`;
    all[2]!.punctuated_word = `${after}Three.`;
    return all;
  };

  it.each([
    ["behind a word", dictated("\n\n", "")],
    ["before a word", dictated("", "\n")],
    ["as a mark", dictated("", "").toSpliced(2, 0, { punctuated_word: "<\\n>", start: 2 })],
    ["as a mark behind a word", dictated(" <\\n\\n>", "")],
    ["as a mark with a line feed", dictated("", "<\n>")],
    ["as both", dictated("\n", "\n")],
  ])("%s", async (_, all) => {
    const text = all.map((word) => word.punctuated_word).join(" ");
    expect(await ofOne(all, [])).toEqual(two);
    expect(await ofOne(all, [utterance(text, 0, { words: all })])).toEqual(two);
    const sentences = [{ text, start: 0, end: 2.5 }];
    expect(await ofOne(all, [], { paragraphs: { paragraphs: [{ sentences }] } })).toEqual(two);
    const halves = [all.slice(0, -1), all.slice(-1)].map((words, i) => {
      const text = words.map((word) => word.punctuated_word).join(" ");
      return { text, transcript: text, start: 2 * i, end: 2 * i + 1.5, words };
    });
    expect(await ofOne(all, halves)).toEqual(two);
    expect(await ofOne(all, [], { paragraphs: { paragraphs: [{ sentences: halves }] } })).toEqual(
      two,
    );
  });

  it("at the end of long speech, and not at its beginning", async () => {
    const all = words(`\nBegin ${"of it all ".repeat(100)}end.`);
    all.at(-1)!.punctuated_word = "end.\n";
    const found = (await ofOne(all, [utterance("x", 0, { words: all, transcript: "" })])) as [
      number,
      null,
      string,
    ][];
    expect(found.length).toBeGreaterThan(1);
    expect(found.map(([, , text]) => text.endsWith("\n")).indexOf(true)).toBe(found.length - 1);
  });
});

describe("words and sentences of no length at one time", () => {
  it("go together as they are spelled", async () => {
    const point = { start: 1, end: 1 };
    const all = words("One two. Three. Four five.").map((word) => ({ ...word, ...point }));
    const sentences = ["One two.", "Three.", "Four five."].map((text) => ({ text, ...point }));
    const json = JSON.stringify(
      body({ channels: [channel(all, { paragraphs: { paragraphs: [{ sentences }] } })] }),
    );
    const found = whole(json);
    expect(found.map(({ text, words }) => [text, words.map(({ text }) => text).join(" ")])).toEqual(
      sentences.map(({ text }) => [text, text]),
    );
    expect((await streamed(json, TINY)).found).toEqual(found);
  });
});

it("utterances from the last to the first show each word once, however many there are", async () => {
  const count = 6_000;
  const all = Array.from({ length: count }, (_, i) => ({ word: `w${i}`, start: i, end: i + 0.5 }));
  const utterances = all.map((word) => utterance("", word.start, { words: [word] })).reverse();
  const json = JSON.stringify(body({ channels: [channel(all)], utterances }));
  const shown = whole(json).flatMap(({ words }) => words.map(({ text }) => text));
  expect(shown.toSorted()).toEqual(all.map(({ word }) => word).toSorted());
});
