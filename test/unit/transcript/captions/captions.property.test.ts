import { parse as parseSrt } from "@plussub/srt-vtt-parser";
import { eastAsianWidth } from "get-east-asian-width";
import { expect, test } from "vitest";
import * as webvtt from "webvtt-parser";
import { srt, vtt } from "../../../../src/transcript/captions/captions.ts";
import type { Segment } from "../../../../src/transcript/segments/segment.ts";
import { fc } from "../../../support/fast-check.ts";
import { segment } from "../formats/segment.ts";
import { streamed } from "../formats/streamed.ts";

const RUNS = 300;
/** The parser's own list leaves the semicolon standing. */
const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };
const HOSTILE = [
  ..."word,|It was so.|--> x|-->|00:00:01.000 --> 00:00:02.000|WEBVTT|NOTE x|\n|\r\n\r\n|\t".split(
    "|",
  ),
  ..."<script>alert(1)</script>|</v>|<v Bob>|&amp;|&|{\\an8}|5|👨‍👩‍👧‍👦|🇫🇷🇩🇪|e\u0301\u0302|مرحبا بكم،".split(
    "|",
  ),
  ..."今天天气非常好，我们去公园。|東京タワー|สวัสดีครับวันนี้|안녕하세요|\u0000|\u2028|\u202e|\u200d|\ud800".split(
    "|",
  ),
  "x".repeat(150),
  "字".repeat(60),
];

const text = fc
  .array(
    fc.tuple(fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: "binary" })), fc.boolean()),
    {
      maxLength: 25,
    },
  )
  .map((parts) => parts.map(([part, spaced]) => (spaced ? ` ${part}` : part)).join(""));
const time = fc.oneof(
  fc.double({ min: 0, max: 30, noNaN: true }),
  fc.constantFrom(0, 3, 3.0004, 86_400, 360_000, 1e300),
);
const length = fc.oneof(fc.constant(0), fc.double({ min: 0, max: 40, noNaN: true }));

const anySegment = fc
  .record({
    text,
    start: time,
    length,
    spelled: fc.boolean(),
    at: fc.array(time, { maxLength: 30 }),
  })
  .map(({ text, start, length, spelled, at }) => {
    const tokens = spelled ? text.split(/\s+/).filter((token) => token !== "") : ["no", "such"];
    const words = tokens.map((token, i) => {
      const begin = at[i % at.length] ?? start + i;
      return { text: token, start: begin, end: begin + length / 10, confidence: null };
    });
    return segment(text, start, start + length, { words });
  });

/** In order of time, each in its own channel, so that its cues can be told from the others'. */
const transcript = fc
  .array(anySegment, { maxLength: 8 })
  .map((list) =>
    list.sort((a, b) => a.start - b.start).map((each, i) => ({ ...each, channel: i + 1 })),
  );
const sharedChannels = fc
  .array(fc.tuple(anySegment, fc.nat(1), fc.constantFrom(null, 0, 1)), { maxLength: 8 })
  .map((list) => list.map(([each, channel, speaker]) => ({ ...each, channel, speaker })));
const options = fc.record(
  {
    maxChars: fc.integer({ min: 2, max: 60 }),
    maxLines: fc.integer({ min: 1, max: 4 }),
    maxSeconds: fc.double({ min: 0.5, max: 20, noNaN: true }),
    speakers: fc.boolean(),
  },
  { requiredKeys: [] },
);

/** Segments in memory, or streamed with waits between some of them. */
const source = fc
  .option(fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }))
  .map((waits) => (segments: Segment[]) => (waits === null ? segments : streamed(segments, waits)));

test("WebVTT has no error, no overlap, no empty cue and no line too long", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(transcript, sharedChannels),
      options,
      source,
      async (segments, options, from) => {
        const { cues, errors } = new webvtt.WebVTTParser(ENTITIES).parse(
          await joined(vtt(from(segments), options)),
        );
        expect(errors).toEqual([]);
        expectGood(
          cues.map(({ startTime, endTime, tree }) => ({
            from: Math.round(startTime * 1000),
            to: Math.round(endTime * 1000),
            text: textOf(tree),
          })),
          options,
        );
      },
    ),
    { numRuns: RUNS },
  );
});

test("WebVTT keeps every word of every voice, in order", async () => {
  await fc.assert(
    fc.asyncProperty(transcript, source, async (segments, from) => {
      const { cues } = new webvtt.WebVTTParser(ENTITIES).parse(await joined(vtt(from(segments))));
      const said = new Map<string, string>();
      for (const { tree } of cues) {
        const turns = tree.children!.filter(({ name }) => name === "v");
        for (const turn of turns) {
          const text = turns.length === 1 ? textOf(turn) : textOf(turn).replace(/^- /, "");
          const voice = turn.value ?? "";
          said.set(voice, (said.get(voice) ?? "") + text);
        }
      }
      for (const { channel, text } of segments) {
        expect(bare(said.get(`Channel ${channel}`) ?? "")).toBe(bare(text));
      }
    }),
    { numRuns: RUNS },
  );
});

test("SubRip is read by another parser with no overlap, no empty cue and no line too long", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(transcript, sharedChannels),
      options,
      source,
      async (segments, options, from) => {
        const { entries } = parseSrt(await joined(srt(from(segments), options)));
        expect(entries.map(({ id }) => id)).toEqual(entries.map((_, i) => String(i + 1)));
        expectGood(entries, options);
      },
    ),
    { numRuns: RUNS },
  );
});

test("SubRip keeps every word of segments that follow one another, in order", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(text, { maxLength: 8 }), source, async (texts, from) => {
      const segments: Segment[] = texts.map((text, i) => segment(text, i * 5, i * 5 + 4.9));
      const { entries } = parseSrt(await joined(srt(from(segments))));
      expect(bare(entries.map(({ text }) => text).join(""))).toBe(texts.map(bare).join(""));
    }),
    { numRuns: RUNS },
  );
});

test("a stream of segments gives the same captions as an array of them", async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(transcript, sharedChannels), options, async (segments, options) => {
      for (const render of [vtt, srt]) {
        expect(await joined(render(streamed(segments), options))).toBe(
          await joined(render(segments, options)),
        );
      }
    }),
    { numRuns: RUNS },
  );
});

async function joined(parts: AsyncIterable<string>): Promise<string> {
  return (await Array.fromAsync(parts)).join("");
}

type Shown = { from: number; to: number; text: string };
type Limits = { maxChars?: number; maxLines?: number; maxSeconds?: number };

function expectGood(cues: Shown[], { maxChars = 42, maxLines = 2, maxSeconds = 7 }: Limits): void {
  let before = 0;
  for (const { from, to, text } of cues) {
    expect(from).toBeGreaterThanOrEqual(before);
    expect(to).toBeGreaterThan(from);
    expect(to - from).toBeLessThanOrEqual(Math.round(maxSeconds * 1000));
    expect(text.trim()).not.toBe("");
    expect(text).not.toContain("-->");
    const lines = text.split("\n");
    expect(lines.length).toBeLessThanOrEqual(maxLines);
    for (const line of lines) expect(columns(line)).toBeLessThanOrEqual(maxChars);
    before = to;
  }
}

function columns(line: string): number {
  let sum = 0;
  for (const { segment } of new Intl.Segmenter().segment(line)) {
    const emoji = /\p{Emoji_Presentation}|\ufe0f/u.test(segment);
    sum += emoji ? 2 : eastAsianWidth(segment.codePointAt(0)!);
  }
  return sum;
}

function textOf(node: webvtt.Node): string {
  return node.type === "text" ? (node.value ?? "") : (node.children ?? []).map(textOf).join("");
}

/** Without what nobody sees: white space and control characters; nothing, if nothing else is there. */
function bare(text: string): string {
  const seen = text.toWellFormed().replaceAll(/[\s\p{Cc}]+/gu, "");
  return /[^\p{Cf}\p{Default_Ignorable_Code_Point}]/u.test(seen) ? seen : "";
}
