import { expect, it } from "vitest";
import { beside, readPart, wordsHtml } from "../../../src/pages/transcript-parts.ts";
import type { Segment } from "../../../src/transcript/segments/segment.ts";

const segment = (start: number, text: string, more: Partial<Segment> = {}): Segment => ({
  start,
  end: start + 2,
  channel: 0,
  speaker: null,
  language: null,
  text,
  words: [],
  ...more,
});

const texts = async (segments: Segment[], maxChars: number) => {
  const parts: string[][] = [];
  let next: number | null = 0;
  while (next !== null) {
    const part = await readPart(beside(null, segments), { from: next }, maxChars);
    parts.push(part.segments.map((each) => each.segment.text));
    next = part.next;
  }
  return parts;
};

it("a part ends after enough characters, but never between segments that begin together", async () => {
  const segments = [segment(1, "aaaa"), segment(2, "b"), segment(2, "c"), segment(3, "d")];
  expect(await texts(segments, 6)).toEqual([["aaaa", "b", "c"], ["d"]]);
  expect(await texts(segments, 100)).toEqual([["aaaa", "b", "c", "d"]]);
  expect(await texts([], 6)).toEqual([[]]);
});

it("segments that show nothing fill a part too", async () => {
  const silent = [1, 2, 3, 4].map((start) => segment(start, "\u200b"));
  expect((await texts(silent, 2)).map(({ length }) => length)).toEqual([2, 2]);
});

it("at a moment a part begins with what is still being said", async () => {
  const segments = [
    segment(0, "over"),
    segment(1, "long", { end: 9 }),
    segment(3, "a"),
    segment(5, "b"),
  ];
  const part = await readPart(beside(null, segments), { at: 5 }, 100);
  expect(part.segments.map((each) => each.segment.text)).toEqual(["long", "b"]);
});

it("a translation stands beside what it was made of, each with its own", async () => {
  const originals = [segment(0, "one"), segment(0, "two"), segment(1, "three")];
  const translated = originals.map((each, index) => ({ ...each, text: `t${index}` }));
  const { segments } = await readPart(beside(translated, originals), { from: 0 }, 100);
  expect(segments.map((each) => [each.segment.text, each.original?.text])).toEqual([
    ["t0", "one"],
    ["t1", "two"],
    ["t2", "three"],
  ]);
});

it("words are text, however they are spelled, and carry their time where they can be played", () => {
  const words = ["<b>", "&", "fine"].map((text, index) => ({
    text,
    start: index,
    end: index + 1,
    confidence: index === 1 ? 0.2 : null,
  }));
  const said = segment(0, "<b> & fine", { words });
  expect(wordsHtml(said, said.text, false)).toBe('&lt;b&gt; <span class="u3">&amp;</span> fine');
  expect(wordsHtml(said, said.text, true)).toBe(
    '<span data-t="0">&lt;b&gt;</span> <span class="u3" data-t="1">&amp;</span> <span data-t="2">fine</span>',
  );
  expect(wordsHtml(said, "another <i> text", true)).toBe(
    '<span data-t="0">another &lt;i&gt; text</span>',
  );
});
