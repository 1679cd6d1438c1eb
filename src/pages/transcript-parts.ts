import { toMs } from "../lib/times.ts";
import { escapeHtml, type Language, languageOf } from "../transcript/formats/html.ts";
import { paragraphs } from "../transcript/formats/paragraphs.ts";
import { type Names, voiceKey } from "../transcript/formats/speakers.ts";
import { cleanText } from "../transcript/segments/clean-text.ts";
import { sentenceSeparator } from "../transcript/segments/scripts.ts";
import type { Segment, SegmentSource, Word } from "../transcript/segments/segment.ts";
import { wordPlaces } from "../transcript/segments/words-in-text.ts";
import { clockInWords } from "./in-words.tsx";

/** A segment as a page shows it: with its translation, where one is shown. */
export type Shown = { segment: Segment; original: Segment | null };

/** A stretch of a transcript that is made into HTML at once. */
export type Part = {
  segments: Shown[];
  /** Seconds from which the next part begins; null after the last. */
  next: number | null;
};

/**
 * Where a part begins, in seconds: with what begins at `from` or later, which follows on a part that
 * ended there, or with what is still being said at `at`.
 */
export type Beginning = { from: number } | { at: number };

/**
 * The segments from a beginning, in parts: the first of about `firstChars` characters, the others of
 * `partChars`. A part ends where time advances, so that the next one begins with the segments that it
 * has not.
 */
export async function* readParts(
  shown: AsyncIterable<Shown>,
  beginning: Beginning,
  { firstChars, partChars }: { firstChars: number; partChars: number },
): AsyncGenerator<Part> {
  const isBefore = ({ start, end }: Segment) =>
    "from" in beginning ? start < beginning.from : end <= beginning.at;
  let segments: Shown[] = [];
  let chars = 0;
  let maxChars = firstChars;
  let last = Number.NEGATIVE_INFINITY;
  for await (const each of shown) {
    const { segment } = each;
    if (isBefore(segment)) continue;
    if (chars >= maxChars && segment.start > last) {
      yield { segments, next: segment.start };
      segments = [];
      chars = 0;
      maxChars = partChars;
    }
    segments.push(each);
    // What shows nothing counts too: a part is never without an end.
    chars += cleanText(segment.text).length + 1;
    last = Math.max(last, segment.start);
  }
  yield { segments, next: null };
}

/** The first part alone. */
export async function readPart(
  shown: AsyncIterable<Shown>,
  beginning: Beginning,
  maxChars: number,
): Promise<Part> {
  const sizes = { firstChars: maxChars, partChars: maxChars };
  for await (const part of readParts(shown, beginning, sizes)) return part;
  return { segments: [], next: null };
}

/** Each segment of a translation beside the one it was made of: they are as many, in one order. */
export async function* beside(
  translation: SegmentSource | null,
  originals: SegmentSource,
): AsyncGenerator<Shown> {
  const translated =
    translation === null
      ? null
      : Symbol.asyncIterator in translation
        ? translation[Symbol.asyncIterator]()
        : translation[Symbol.iterator]();
  try {
    for await (const original of originals) {
      const next = await translated?.next();
      if (next?.done) return;
      yield next === undefined
        ? { segment: original, original: null }
        : { segment: next.value, original };
    }
  } finally {
    await translated?.return?.();
  }
}

type PartOptions = {
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

/** Confidence below these is marked, more strongly the lower. */
const UNSURE = [0.85, 0.7, 0.5] as const;

/**
 * The text of a segment as HTML: words of low confidence are marked, and for `playable` each word
 * carries the second at which it is said. Words that do not spell the text leave it one stretch.
 */
export function wordsHtml(segment: Segment, text: string, playable: boolean): string {
  const { words } = segment;
  const places = words.length > 0 ? wordPlaces(words, text) : null;
  if (places === null) {
    return playable ? timed(segment.start, "", escapeHtml(text)) : escapeHtml(text);
  }
  let html = "";
  let at = 0;
  places.forEach(({ from, to }, index) => {
    html += escapeHtml(text.slice(at, from));
    html += marked(words[index]!, escapeHtml(text.slice(from, to)), playable);
    at = to;
  });
  return html + escapeHtml(text.slice(at));
}

function marked({ confidence, start }: Word, html: string, playable: boolean): string {
  const level = UNSURE.filter((bound) => confidence !== null && confidence < bound).length;
  const mark = level > 0 ? ` class="u${level}"` : "";
  if (playable) return timed(start, mark, html);
  return level > 0 ? `<span${mark}>${html}</span>` : html;
}

const timed = (seconds: number, attributes: string, html: string) =>
  `<span${attributes} data-t="${toMs(seconds) / 1_000}">${html}</span>`;

type Speaker = Pick<Segment, "channel" | "speaker">;

/** Each has a colour of its own in the style. */
const COLOURS = 8;
// Speakers of different channels shall differ too.
const CHANNEL_STEP = 3;

/** The speaker's name or number; null where speakers cannot be told apart. */
function nameOf(speaker: Speaker, names: Names, hasChannels: boolean): string | null {
  return names.get(voiceKey(speaker)) ?? numberOf(speaker, hasChannels);
}

/** The number of a speaker in words, whatever the name. */
export function numberOf({ channel, speaker }: Speaker, hasChannels: boolean): string | null {
  const parts = [
    ...(hasChannels || channel > 0 ? [`Channel ${channel}`] : []),
    ...(speaker === null ? [] : [`Speaker ${speaker}`]),
  ];
  return parts.join(", ") || null;
}

const colourOf = ({ channel, speaker }: Speaker): number =>
  (channel * CHANNEL_STEP + (speaker ?? 0)) % COLOURS;
