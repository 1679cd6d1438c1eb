import { parse as parseSrt } from "@plussub/srt-vtt-parser";
import { expect, test } from "vitest";
import { srt, vtt } from "../../../../src/transcript/captions/captions.ts";
import { csv } from "../../../../src/transcript/formats/csv.ts";
import { html } from "../../../../src/transcript/formats/html.ts";
import { jsonl } from "../../../../src/transcript/formats/jsonl.ts";
import { md, txt } from "../../../../src/transcript/formats/paragraphs.ts";
import { search } from "../../../../src/transcript/search/search.ts";
import type { Segment } from "../../../../src/transcript/segments/segment.ts";
import { type SliceOptions, slice } from "../../../../src/transcript/slice/slice.ts";
import { fc } from "../../../support/fast-check.ts";
import { streamed } from "../formats/streamed.ts";
import { anySegments, time } from "./any-segments.ts";

const sliced = (segments: Iterable<Segment>, options: SliceOptions) =>
  Array.fromAsync(slice(segments, options));
const inOrder = (...times: number[]) => times.sort((a, b) => a - b);

const all = anySegments("spelled", "respelled", "wordless");
const worded = anySegments("spelled", "respelled");

test("adjacent slices hold every word once", async () => {
  await fc.assert(
    fc.asyncProperty(all, time, time, time, async (segments, ...times) => {
      const [a, b, c] = inOrder(...times) as [number, number, number];
      const parts = [
        ...(await sliced(segments, { from: a, to: b })),
        ...(await sliced(segments, { from: b, to: c })),
      ];
      const whole = await sliced(segments, { from: a, to: c });
      expect(wordsOf(parts)).toEqual(wordsOf(whole));
      const pair = [
        ...(await sliced(segments, { to: b })),
        ...(await sliced(segments, { from: b })),
      ];
      expect(wordsOf(pair)).toEqual(wordsOf(segments));
    }),
  );
});

test("adjacent slices hold all text once", async () => {
  await fc.assert(
    fc.asyncProperty(anySegments("spelled", "wordless"), time, async (segments, at) => {
      const before = await sliced(segments, { to: at });
      const after = await sliced(segments, { from: at });
      expect(charactersOf([...before, ...after])).toEqual(charactersOf(segments));
    }),
  );
});

test("a slice of a slice is the slice of both", async () => {
  await fc.assert(
    fc.asyncProperty(
      worded,
      fc.tuple(time, time, time, time),
      fc.constantFrom(0, 0.3, 0.7),
      async (segments, times, minConfidence) => {
        const [a, b, c, d] = inOrder(...times) as [number, number, number, number];
        const outer = await sliced(segments, { from: a, to: d, minConfidence });
        const inner = await sliced(outer, { from: b, to: c });
        const direct = await sliced(segments, { from: b, to: c, minConfidence });
        expect(inChannels(inner)).toEqual(inChannels(direct));
        expect(await sliced(outer, { from: a, to: d, minConfidence })).toEqual(outer);
      },
    ),
  );
});

test("what is in the slice begins in it, and segments stay in order of time", async () => {
  await fc.assert(
    fc.asyncProperty(worded, time, time, async (segments, ...times) => {
      const [from, to] = inOrder(...times) as [number, number];
      let before = 0;
      for (const part of await sliced(segments, { from, to })) {
        expect(part.start).toBeGreaterThanOrEqual(before);
        before = part.start;
        expect(part.words.length).toBeGreaterThan(0);
        expect(part.end).toBeGreaterThanOrEqual(part.start);
        const origin = segments.find(({ channel }) => channel === part.channel)!;
        if (part === origin) continue;
        expect(part.start).toBeGreaterThanOrEqual(from);
        expect(part.start).toBeLessThan(to);
      }
    }),
  );
});

test("no options, and a least confidence of 0, change nothing", async () => {
  await fc.assert(
    fc.asyncProperty(all, async (segments) => {
      for (const options of [{}, { minConfidence: 0 }]) {
        const same = await sliced(segments, options);
        expect(same.every((segment, i) => segment === segments[i])).toBe(true);
        expect(same).toHaveLength(segments.length);
      }
    }),
  );
});

test("a least confidence leaves the words that have it, and their text alone", async () => {
  await fc.assert(
    fc.asyncProperty(worded, fc.constantFrom(0.2, 0.5, 0.9, 1), async (segments, minConfidence) => {
      const parts = inChannels(await sliced(segments, { minConfidence }));
      const isSure = ({ confidence }: { confidence: number | null }) =>
        confidence === null || confidence >= minConfidence;
      const wanted = segments.map(({ words }) => words.filter(isSure));
      expect(parts.map(({ words }) => words)).toEqual(wanted.filter(({ length }) => length > 0));
      for (const part of parts) {
        if (segments.includes(part)) continue;
        expect(bare(part.text)).toBe(bare(part.words.map(({ text }) => text).join("")));
      }
    }),
  );
});

test("slices go into every format and the search, streamed or not", async () => {
  const renderers = [vtt, srt, txt, md, csv, jsonl];
  await fc.assert(
    fc.asyncProperty(all, time, time, async (segments, ...times) => {
      const [from, to] = inOrder(...times) as [number, number];
      const options = { from, to, minConfidence: 0.3 };
      const held = await sliced(segments, options);
      const live = () => slice(streamed(segments), options);
      for (const render of renderers) {
        expect(await joined(render(live()))).toBe(await joined(render(held)));
      }
      const page = (source: Parameters<typeof html>[0]) => joined(html(source, { title: "T" }));
      expect(await page(live())).toBe(await page(held));
      // One cue at a time: two who talk at once would share one, with a dash each.
      const { entries } = parseSrt(await joined(srt(live(), { speakers: false, maxLines: 1 })));
      expect([...bare(entries.map(({ text }) => text).join(""))].sort()).toEqual(
        [...bare(held.map(({ text }) => text).join(""))].sort(),
      );
      expect(await Array.fromAsync(search(live(), "so"))).toEqual(
        await Array.fromAsync(search(held, "so")),
      );
    }),
  );
});

/** In order of channels, each of which has one: those that begin at one time come in any order. */
const inChannels = (segments: readonly Segment[]) =>
  segments.toSorted((a, b) => a.channel - b.channel);

/** By channel, with their times: no matter in which order. */
function wordsOf(segments: readonly Segment[]): string[] {
  return segments
    .flatMap(({ channel, words }) => words.map((word) => JSON.stringify([channel, word])))
    .sort();
}

/** By channel, no matter in which order: words need not come in that of their times. */
function charactersOf(segments: readonly Segment[]): string[] {
  return segments
    .flatMap(({ channel, text }) => [...bare(text)].map((character) => `${channel} ${character}`))
    .sort();
}

const bare = (text: string) => text.replaceAll(/\s/g, "");

async function joined(parts: AsyncIterable<string>): Promise<string> {
  return (await Array.fromAsync(parts)).join("");
}
