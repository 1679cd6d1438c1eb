import { srt as theirSrt, webvtt as theirVtt } from "@deepgram/captions";
import { parse } from "@plussub/srt-vtt-parser";
import { textWidth } from "../../../src/transcript/captions/break-units.ts";
import { srt, vtt } from "../../../src/transcript/captions/captions.ts";
import { segments } from "../../../src/transcript/segments/segments.ts";
import type { ListenOptions } from "../../support/bodies/options.ts";
import { listenBody } from "../../support/bodies.ts";
import { heading, inMs, note, table } from "../print.ts";
import { pacedCall } from "./paced-call.ts";

const WORDS = 3_000;
const MANY_WORDS = 100_000;
const MOST_COLUMNS = 42;
const FAST_CHARS_A_SECOND = 20;
const SHORT_MS = 1000;
const LABEL = /^\[Speaker \d+\]\n|^(?:Channel \d+(?:, )?)?(?:Speaker \d+)?: /;
const PHRASE_END = /[.?!,;:…。？！，、؟،]["”]?$/;
const TALKS: Record<string, ListenOptions> = {
  English: {},
  "two speakers": { diarize: true },
  "two channels": { channels: 2 },
  Chinese: { language: "zh" },
  Japanese: { language: "ja" },
  Arabic: { language: "ar" },
};

const CALL_MINUTES = 10;
const CALL_SEEDS = [1, 2, 3, 4, 5];
/** What a caption is held for at most. */
const MOST_MS = 7_000;

/** Our captions beside those of @deepgram/captions, of the same bodies, both at their defaults. */
export async function captions(): Promise<void> {
  for (const [name, options] of Object.entries(TALKS)) {
    const body = listenBody({ words: WORDS, utterances: true, punctuate: true, ...options });
    const ours = (await Array.fromAsync(srt(segments(body)))).join("");
    heading(`${name}, ${WORDS} words`);
    const header = [
      "",
      "cues",
      "lines > 42",
      "cues > 20 chars/s",
      "< 1 s",
      "mid-phrase",
      "overlaps",
    ];
    table([header, row("ours", ours), row("@deepgram/captions", theirSrt(body))]);
  }
  await readingSpeed();
  await speed();
}

/** How many captions are too fast to read, of calls with the pace of real ones. */
async function readingSpeed(): Promise<void> {
  heading(`${CALL_SEEDS.length} calls of ${CALL_MINUTES} minutes with the pace of real ones`);
  const rows = [["", "cues", "> 20 chars/s", "with a pause to spare"]];
  for (const channels of [1, 2] as const) {
    const bodies = CALL_SEEDS.map((seed) => pacedCall(seed, CALL_MINUTES, channels));
    const ours = await Promise.all(
      bodies.map(async (body) => (await Array.fromAsync(srt(segments(body)))).join("")),
    );
    const name = channels === 1 ? "one channel, diarized" : "two channels";
    rows.push([`${name}: ours`, ...readingSpeeds(ours)]);
    const theirs = bodies.map((body) => theirSrt(body as Parameters<typeof theirSrt>[0]));
    rows.push([`${name}: @deepgram/captions`, ...readingSpeeds(theirs)]);
  }
  table(rows);
}

/** Of SubRip files: the cues, those over 20 characters a second, and those of them that could stay longer. */
export function readingSpeeds(files: readonly string[]): string[] {
  let [all, fast, needless] = [0, 0, 0];
  for (const file of files) {
    const cues = cuesOf(file).toSorted((a, b) => a.from - b.from);
    for (const [index, cue] of cues.entries()) {
      const neededMs = (charsOf(cue) * 1000) / FAST_CHARS_A_SECOND;
      const roomMs = Math.min(MOST_MS, (cues[index + 1]?.from ?? Infinity) - cue.from);
      all++;
      if (neededMs <= cue.to - cue.from) continue;
      fast++;
      if (neededMs <= roomMs) needless++;
    }
  }
  return [String(all), `${fast} (${((100 * fast) / all).toFixed(1)} %)`, String(needless)];
}

type Cue = ReturnType<typeof parse>["entries"][number];

/** Times in whole milliseconds, so that a cue of just 20 characters a second is not counted as faster. */
const cuesOf = (file: string): Cue[] =>
  parse(file).entries.map((cue) => ({
    ...cue,
    from: Math.round(cue.from),
    to: Math.round(cue.to),
    text: cue.text.replace(LABEL, ""),
  }));

const graphemes = new Intl.Segmenter();
const charsOf = ({ text }: Cue): number => [...graphemes.segment(text)].length;

function row(name: string, file: string): string[] {
  const cues = cuesOf(file);
  const lines = cues.flatMap(({ text }) => text.split("\n"));
  const speed = (cue: Cue) => (charsOf(cue) * 1000) / (cue.to - cue.from);
  let overlaps = 0;
  let end = 0;
  for (const { from, to } of cues.toSorted((a, b) => a.from - b.from)) {
    if (from < end) overlaps++;
    end = Math.max(end, to);
  }
  return [
    name,
    String(cues.length),
    share(lines, (line) => textWidth(line) > MOST_COLUMNS),
    share(cues, (cue) => speed(cue) > FAST_CHARS_A_SECOND),
    share(cues, ({ from, to }) => to - from < SHORT_MS),
    share(cues, ({ text }) => !PHRASE_END.test(text)),
    String(overlaps),
  ];
}

function share<Item>(items: readonly Item[], holds: (item: Item) => boolean): string {
  return `${((100 * items.filter(holds).length) / items.length).toFixed(1)} %`;
}

async function speed(): Promise<void> {
  const body = listenBody({ words: MANY_WORDS, utterances: true, punctuate: true, diarize: true });
  heading(`WebVTT of ${MANY_WORDS} words`);
  for (let round = 0; round < 3; round++) {
    const startedAt = performance.now();
    await Array.fromAsync(vtt(segments(body)));
    const between = performance.now();
    theirVtt(body);
    note(
      `ours ${inMs(between - startedAt)}, @deepgram/captions ${inMs(performance.now() - between)}`,
    );
  }
}
