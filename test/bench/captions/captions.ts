import { srt as theirSrt, webvtt as theirVtt } from "@deepgram/captions";
import { parse } from "@plussub/srt-vtt-parser";
import { srt } from "../../../src/transcript/captions/srt.ts";
import { textWidth } from "../../../src/transcript/captions/text-width.ts";
import { vtt } from "../../../src/transcript/captions/vtt.ts";
import { segments } from "../../../src/transcript/segments/segments.ts";
import type { ListenOptions } from "../../support/bodies/options.ts";
import { listenBody } from "../../support/bodies.ts";
import { heading, inMs, note, table } from "../print.ts";

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
  await speed();
}

function row(name: string, file: string): string[] {
  const cues = parse(file).entries.map((cue) => ({ ...cue, text: cue.text.replace(LABEL, "") }));
  const lines = cues.flatMap(({ text }) => text.split("\n"));
  const graphemes = new Intl.Segmenter();
  const speed = ({ from, to, text }: (typeof cues)[number]) =>
    ([...graphemes.segment(text)].length * 1000) / (to - from);
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
