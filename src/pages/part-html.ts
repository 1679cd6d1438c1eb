import { toMs } from "../transcript/captions/timestamp.ts";
import { escapeHtml } from "../transcript/formats/escape-html.ts";
import { type Language, languageOf } from "../transcript/formats/language.ts";
import { paragraphs } from "../transcript/formats/paragraphs.ts";
import type { Names } from "../transcript/formats/voice-names.ts";
import { cleanText } from "../transcript/segments/clean-text.ts";
import { sentenceSeparator } from "../transcript/segments/join-words.ts";
import type { Segment } from "../transcript/segments/segment.ts";
import { clockInWords } from "./in-words.ts";
import type { Shown } from "./part.ts";
import { colourOf, nameOf } from "./speakers.ts";
import { wordsHtml } from "./words-html.ts";

export type PartOptions = {
  names: Names;
  /** Whether the transcript has more than one channel. */
  hasChannels: boolean;
  /** Whether words can be played. */
  playable: boolean;
};

type Turn = {
  first: Segment;
  language: Language;
  html: string;
  /** What was said, and in which language, where `html` is a translation. */
  original: string;
  spoken: string | null;
};

/**
 * Segments as HTML: a section for each paragraph, under when and by whom it was said, and beside a
 * translation what was said. `#t=12.3` is where 12.3 s begins.
 */
export async function partHtml(shown: readonly Shown[], options: PartOptions): Promise<string> {
  const originals = new Map(shown.map(({ segment, original }) => [segment, original]));
  const turns: string[] = [];
  let turn: Turn | undefined;
  let lastMs = -1;
  const end = () => {
    if (turn === undefined) return;
    const ms = toMs(turn.first.start);
    turns.push(turnHtml(turn, ms > lastMs, options));
    lastMs = Math.max(lastMs, ms);
  };
  for await (const { segment, text, separator } of paragraphs(shown.map((each) => each.segment))) {
    const language = languageOf(text, segment.language);
    if (turn === undefined || separator === null) {
      end();
      turn = { first: segment, language, html: "", original: "", spoken: null };
    }
    const own = wordsHtml(segment, text, options.playable);
    turn.html += (separator ?? "") + inLanguage(own, language, turn.language);
    const original = originals.get(segment) ?? null;
    turn.original = joined(turn.original, original);
    turn.spoken ??= original?.language ?? null;
  }
  end();
  return turns.join("");
}

function turnHtml(
  { first, language, html, original, spoken }: Turn,
  isNew: boolean,
  { names, hasChannels }: PartOptions,
): string {
  const { start } = first;
  const at = toMs(start) / 1_000;
  const name = nameOf(first, names, hasChannels);
  const speaker =
    name === null ? "" : ` <bdi class="v${colourOf(first)}">${escapeHtml(name)}</bdi>`;
  const id = isNew ? ` id="t=${at}"` : "";
  const beside = original === "" ? "" : besideHtml(original, spoken);
  return `<section class="turn" data-s="${at}" data-c="${first.channel}" dir="${language.dir}"><h3><a${id} href="#t=${at}"><time datetime="PT${at}S">${clockInWords(start)}</time></a>${speaker}</h3><p lang="${language.lang}">${html}</p>${beside}</section>\n`;
}

function besideHtml(original: string, spoken: string | null): string {
  const { lang, dir } = languageOf(original, spoken);
  return `<p class="original" lang="${lang}" dir="${dir}">${escapeHtml(original)}</p>`;
}

function joined(before: string, original: Segment | null): string {
  const text = original === null ? "" : cleanText(original.text);
  if (before === "" || text === "") return before + text;
  return before + sentenceSeparator(before, text) + text;
}

function inLanguage(html: string, own: Language, around: Language): string {
  if (own.lang === around.lang && own.dir === around.dir) return html;
  return `<span lang="${own.lang}" dir="${own.dir}">${html}</span>`;
}
