import { tokens } from "../search/tokens.ts";
import { type KeyedWord, keyedWords, meetings } from "./align-words.ts";
import { cleanText } from "./clean-text.ts";
import { cutLong } from "./cut-long.ts";
import type { Origin } from "./group-words.ts";
import { joinWords } from "./scripts.ts";
import type { Segment } from "./segment.ts";
import type { SpokenWord } from "./spoken-words.ts";
import type { WordGroup } from "./word-groups.ts";
import { wordPlaces } from "./words-in-text.ts";

/** Consecutive words of one speaker, one language and one line. */
type Run = {
  /** Index of its first word. */
  from: number;
  words: SpokenWord[];
  speaker: number | null;
  language: string | null;
};

/**
 * The segments of a group: one for each run of words of one speaker, language and line. A word without
 * its own is of the speaker and language before it, or else after it. Each run has its share of the
 * group's text where the words spell that text, else the text of its words. Words that the text of a
 * single run leaves out are set into it.
 */
export function groupSegments(
  group: WordGroup,
  spoken: readonly SpokenWord[],
  origin: Origin,
): Segment[] {
  const runs = runsOf(spoken);
  const text = group.text || joinWords(spoken.map(({ word }) => word.text));
  if (text === "") return [];
  const [only] = runs;
  if (only === undefined || runs.length === 1) {
    return cutLong({
      start: group.start,
      end: group.end,
      channel: origin.channel,
      speaker: only?.speaker ?? group.speaker,
      language: only?.language ?? group.language ?? origin.language,
      text: only === undefined ? text : endedAs(withMissing(text, only.words), only.words),
      words: spoken.map(({ word }) => word),
    });
  }
  const texts = textsOf(runs, text, spoken);
  return runs.flatMap(({ words, speaker, language }, i) => {
    const start = i === 0 ? group.start : Math.min(...words.map(({ word }) => word.start));
    const isLast = i === runs.length - 1;
    const end = isLast ? group.end : Math.max(...words.map(({ word }) => word.end));
    return cutLong({
      start,
      end: Math.max(start, end),
      channel: origin.channel,
      speaker: speaker ?? group.speaker,
      language: language ?? group.language ?? origin.language,
      text: texts[i]!,
      words: words.map(({ word }) => word),
    });
  });
}

function runsOf(spoken: readonly SpokenWord[]): Run[] {
  const runs: Run[] = [];
  for (const [from, next] of spoken.entries()) {
    const last = runs.at(-1);
    const speaker = next.speaker ?? last?.speaker ?? null;
    const language = next.language ?? last?.language ?? null;
    if (
      last === undefined ||
      differ(last.speaker, speaker) ||
      differ(last.language, language) ||
      endsLine(last.words)
    ) {
      runs.push({ from, words: [next], speaker, language });
    } else {
      last.words.push(next);
      last.speaker = speaker;
      last.language = language;
    }
  }
  return runs;
}

/** Whether both are known and not the same. */
export function differ<T>(known: T | null, next: T | null): boolean {
  return known !== null && next !== null && known !== next;
}

function textsOf(runs: readonly Run[], text: string, spoken: readonly SpokenWord[]): string[] {
  const clean = cleanText(text);
  const places = wordPlaces(
    spoken.map(({ word }) => word),
    clean,
  );
  return runs.map(({ from, words }) => {
    const shown =
      places === null
        ? ""
        : clean.slice(places[from]!.from, places[from + words.length - 1]!.to).trim();
    return endedAs(shown || joinWords(words.map(({ word }) => word.text)), words);
  });
}

const endsLine = (spoken: readonly SpokenWord[]): boolean =>
  spoken[spoken.length - 1]?.word.text.endsWith("\n") === true;

const endedAs = (text: string, spoken: readonly SpokenWord[]): string =>
  endsLine(spoken) ? `${text.trimEnd()}\n` : text;

/** Whether a text is its words with one space between each two, as most are. */
export function isSpelledBy(text: string, spoken: readonly SpokenWord[]): boolean {
  let at = -1;
  for (const { word } of spoken) {
    if (at !== -1 && text[at] !== " ") return false;
    if (!text.startsWith(word.text, at + 1)) return false;
    at += 1 + word.text.length;
  }
  return at === text.length;
}

/** A text with the words that it leaves out: nothing stands for them between what others spell. */
function withMissing(text: string, spoken: readonly SpokenWord[]): string {
  if (isSpelledBy(text, spoken)) return text;
  const clean = cleanText(text);
  const all = spoken.map(({ word }) => word);
  if (wordPlaces(all, clean) !== null) return text;
  const said = tokens(clean);
  const words = keyedWords(all);
  /** How often a text has each token, less how often words have it: it may have them in another order. */
  const spare = new Map<string, number>();
  for (const { key } of said) spare.set(key, (spare.get(key) ?? 0) + 1);
  for (const { keys } of words) for (const key of keys) spare.set(key, (spare.get(key) ?? 0) - 1);
  const isMissing = ({ keys }: KeyedWord) => keys.some((key) => (spare.get(key) ?? 0) < 0);
  const parts: string[] = [];
  let from = 0;
  for (const { word, token, skipped, apart } of meetings(words, said)) {
    if (skipped === 0 || apart > 0) continue;
    const missing = words.slice(word - skipped, word).filter(isMissing);
    if (missing.length === 0) continue;
    const place = said[token]?.from ?? clean.length;
    parts.push(clean.slice(from, place).trim(), ...missing.map(({ word }) => word.text));
    from = place;
  }
  if (parts.length === 0) return text;
  return joinWords([...parts, clean.slice(from).trim()].filter((part) => part !== ""));
}
