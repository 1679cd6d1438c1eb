import { toMs } from "../lib/times.ts";
import { escapeHtml, type Language, languageOf } from "../transcript/formats/html.ts";
import { paragraphs } from "../transcript/formats/paragraphs.ts";
import { type Names, voiceKey } from "../transcript/formats/speakers.ts";
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
  /** The second whose turn is the one asked for, with the id `here`; null for none. */
  marked: number | null;
};

type Turn = {
  first: Segment;
  /** Seconds at which its last segment ends. */
  end: number;
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
      turn = { first: segment, end: segment.end, language, html: "", original: "", spoken: null };
    }
    const own = wordsHtml(segment, text, options.playable);
    turn.end = Math.max(turn.end, segment.end);
    turn.html += (separator ?? "") + inLanguage(own, language, turn.language);
    const original = originals.get(segment) ?? null;
    turn.original = joined(turn.original, original);
    turn.spoken ??= original?.language ?? null;
  }
  end();
  return turns.join("");
}

function turnHtml(
  { first, end, language, html, original, spoken }: Turn,
  isNew: boolean,
  { names, hasChannels, marked }: PartOptions,
): string {
  const { start } = first;
  const at = toMs(start) / 1_000;
  const name = nameOf(first, names, hasChannels);
  const colour = colourOf(first);
  const speaker =
    name === null
      ? ""
      : `<span class="speaker v${colour}" data-v="${voiceKey(first)}">${MARKERS[colour]}<bdi>${escapeHtml(name)}</bdi></span> `;
  const isHere = marked !== null && start <= marked && marked < end;
  const here = isHere ? ' id="here" tabindex="-1"' : "";
  const id = isNew ? ` id="t=${at}"` : "";
  const beside = original === "" ? "" : besideHtml(original, spoken);
  return `<section class="turn"${here} data-s="${at}" data-c="${first.channel}" dir="${language.dir}"><h3>${speaker}<a${id} href="#t=${at}"><time datetime="PT${at}S">${clockInWords(start)}</time></a></h3><p lang="${language.lang}">${html}</p>${beside}</section>\n`;
}

/** The shapes before the speakers, so that colour is not all that tells them apart. */
export const MARKERS = [
  '<circle cx="8" cy="8" r="6"/>',
  '<path d="M2.5 2.5h11v11h-11z"/>',
  '<path d="M8 1.5 15 14H1z"/>',
  '<path d="M8 1l7 7-7 7-7-7z"/>',
  '<path d="M6 1.5h4V6h4.5v4H10v4.5H6V10H1.5V6H6z"/>',
  '<path d="M8 14.5 1 2h14z"/>',
  '<path d="M4.5 1.5h7L15 8l-3.5 6.5h-7L1 8z"/>',
  '<path d="M1 5.5h14v5H1z"/>',
].map((shape) => `<svg class="marker" viewBox="0 0 16 16" aria-hidden="true">${shape}</svg>`);

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
