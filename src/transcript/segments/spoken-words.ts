import { field, index, list, probability, text, time, withLines } from "../../deepgram/fields.ts";
import { fold } from "../search/tokens.ts";
import type { Word } from "./segment.ts";

/** A word with what Deepgram says of it alone: `words[].speaker`, and `.language` with language=multi. */
export type SpokenWord = {
  word: Word;
  speaker: number | null;
  language: string | null;
  /** Whether it has a time of its own. */
  isTimed: boolean;
};

/** What of an entry is read: by fixed names, which is several times as fast as by variable ones. */
type Given = Partial<
  Record<
    "punctuated_word" | "word" | "start" | "end" | "confidence" | "speaker" | "language",
    unknown
  >
>;

const isObject = (value: unknown): value is Given => typeof value === "object" && value !== null;

/** Reads a Deepgram `words` array that may come in parts. */
export type WordReader = {
  /** The usable words of the next part but the last ones, between which others may belong. */
  read: (words: readonly unknown[]) => SpokenWord[];
  /** The last words. */
  end: () => SpokenWord[];
};

/** A word is put in order of time by at most as many places. */
const MAX_MOVED_WORDS = 64;

const LINE_AT_START = /^\s*\n/;
const LINE_AT_END = /\n\s*$/;

const FIRST_CLOSER = 0x3001;
/** Chinese and Japanese punctuation that closes what stands before it. */
const LEADING_CLOSERS = /^[、。，．！？：；」』）】〕》〉]+/;

/**
 * Reads the usable entries of a Deepgram `words` array, in its order, but one that was over before
 * another began comes before it. A word without a start begins where the one before it ended, the first
 * at `from` seconds. Chinese and Japanese punctuation that Deepgram sets at the beginning of a word, and
 * a new line that was dictated, belong to the word before.
 */
export function wordReader(from: number): WordReader {
  let clock = from;
  let last: SpokenWord | undefined;
  let latest: SpokenWord[] = [];
  const place = (spoken: SpokenWord): void => {
    let at = latest.length;
    while (at > 0 && isBefore(spoken, latest[at - 1]!)) at--;
    if (at === latest.length) latest.push(spoken);
    else latest.splice(at, 0, spoken);
  };
  const endLine = (): void => {
    if (last !== undefined && !last.word.text.endsWith("\n")) last.word.text += "\n";
  };
  const end = (): SpokenWord[] => {
    if (last !== undefined) place(last);
    const rest = latest;
    [last, latest] = [undefined, []];
    return rest;
  };
  function read(words: readonly unknown[]): SpokenWord[] {
    for (const word of words) {
      if (!isObject(word)) continue;
      const given = word.punctuated_word;
      let shown = text(given) || text(word.word);
      let endsLine = false;
      const isMarked = typeof given === "string" && (given.startsWith("<") || given.endsWith(">"));
      if (typeof given === "string" && (isMarked || given.length !== shown.length)) {
        const lines = withLines(given);
        if (LINE_AT_START.test(lines)) endLine();
        endsLine = LINE_AT_END.test(lines);
        if (endsLine || lines.length !== given.length) shown = lines.trim();
      }
      if (shown === "") continue;
      const own = time(word.start);
      const start = own ?? clock;
      const end = Math.max(start, time(word.end) ?? start);
      clock = end;
      if (last !== undefined) {
        if (shown.charCodeAt(0) >= FIRST_CLOSER) {
          const [closers = ""] = LEADING_CLOSERS.exec(shown) ?? [];
          last.word.text += closers;
          shown = shown.slice(closers.length).trimStart();
          if (shown === "") continue;
        }
        place(last);
      }
      last = {
        word: {
          text: endsLine ? `${shown}\n` : shown,
          start,
          end,
          confidence: probability(word.confidence),
        },
        speaker: index(word.speaker),
        language: text(word.language) || null,
        isTimed: own !== null,
      };
    }
    return latest.splice(0, Math.max(0, latest.length - MAX_MOVED_WORDS));
  }
  return { read, end };
}

/** Whether a word was over before another began. */
function isBefore(one: SpokenWord, other: SpokenWord): boolean {
  if (!one.isTimed || !other.isTimed) return false;
  return one.word.start < other.word.start && one.word.end <= other.word.start;
}

/** The usable entries of a whole Deepgram `words` array. */
export function spokenWords(words: unknown, from: number): SpokenWord[] {
  const reader = wordReader(from);
  return [...reader.read(list(words)), ...reader.end()];
}

/** Characters of words and of the spaces that may stand between them. */
export function charsOf(spoken: readonly SpokenWord[]): number {
  let chars = 0;
  for (const { word } of spoken) chars += word.text.length + 1;
  return chars;
}

/**
 * Whether words of so many characters have at least half of a transcript's: fewer would drop what
 * was said.
 */
export function spellMost(chars: number, transcriptChars: number): boolean {
  return chars > 0 && chars >= transcriptChars / 2;
}

/**
 * An utterance or a sentence, as Deepgram groups words. It says where speech begins and ends, and how
 * it is written. `speaker` and `language` count only where no word has its own.
 */
export type WordGroup = {
  text: string;
  /** Seconds from the start of the audio. */
  start: number;
  end: number;
  speaker: number | null;
  language: string | null;
  /** Those that it lists itself. */
  words: readonly SpokenWord[];
};

/** An entry of Deepgram's `results.utterances`; null without text. */
export function utteranceGroup(utterance: unknown): WordGroup | null {
  const given = time(field(utterance, "start"));
  const words = spokenWords(field(utterance, "words"), given ?? 0);
  const transcript = withLines(text(field(utterance, "transcript"))).trim();
  if (transcript === "" && words.length === 0) return null;
  const start = given ?? words[0]?.word.start ?? 0;
  return {
    text: transcript,
    start,
    end: endOf(field(utterance, "end"), start, words.at(-1)?.word.end),
    speaker: index(field(utterance, "speaker")),
    language: languageOf(utterance),
    words,
  };
}

/** The channel that an utterance says it is of, from 0. */
export const channelOf = (utterance: unknown): number => index(field(utterance, "channel")) ?? 0;

function endOf(given: unknown, start: number, lastWordEnd: number | undefined): number {
  const end = time(given);
  return end !== null && end >= start ? end : Math.max(start, lastWordEnd ?? start);
}

function languageOf(utterance: unknown): string | null {
  const languages = list(field(utterance, "languages"));
  const only = languages.length === 1 ? text(languages[0]) : "";
  return text(field(utterance, "language")) || only || null;
}

/**
 * The sentences with text of some of Deepgram's `paragraphs.paragraphs`. Null where one of them is
 * untimed: words could not be told apart from it and would come twice.
 */
export function timedSentences(paragraphs: readonly unknown[]): WordGroup[] | null {
  const sentences: WordGroup[] = [];
  for (const paragraph of paragraphs) {
    const speaker = index(field(paragraph, "speaker"));
    for (const raw of list(field(paragraph, "sentences"))) {
      const shown = withLines(text(field(raw, "text"))).trim();
      if (shown === "") continue;
      const start = time(field(raw, "start"));
      const end = time(field(raw, "end"));
      if (start === null || end === null) return null;
      const times = { start, end: Math.max(start, end) };
      sentences.push({ text: shown, ...times, speaker, language: null, words: [] });
    }
  }
  return sentences;
}

/** Times of the same word may differ by this much: one of the lists may have them rounded. */
const SAME_SECONDS = 0.5;
export const EXACT_SECONDS = 0.02;

/** A word without a time of its own, at one. */
export function timedAt(seconds: number, spoken: SpokenWord): SpokenWord {
  const { text, confidence } = spoken.word;
  return { ...spoken, word: { text, start: seconds, end: seconds, confidence } };
}

export const middleOf = ({ start, end }: Word): number => (start + end) / 2;

export const isWithin = (word: Word, { start, end }: { start: number; end: number }): boolean =>
  start <= middleOf(word) && middleOf(word) <= end;

/** Whether two words are spelled alike and at nearly the same time. */
export function isSame(one: SpokenWord, other: SpokenWord): boolean {
  const apart = secondsApart(one, other);
  return apart <= SAME_SECONDS && isAlike(one.word.text, other.word.text);
}

/** Between their beginnings; 0 where one has no time. */
export function secondsApart(one: SpokenWord, other: SpokenWord): number {
  return one.isTimed && other.isTimed ? Math.abs(one.word.start - other.word.start) : 0;
}

const isAlike = (one: string, other: string): boolean =>
  one === other || keyOf(one) === keyOf(other);

/** What is compared of a text: its letters and digits, if it has any. */
export const keyOf = (text: string): string => fold(text) || text;

/** Whether both are one word, of one time, in all that is known of them. */
export function areEqual(one: SpokenWord, other: SpokenWord): boolean {
  if (one === other) return one.isTimed;
  if (!one.isTimed || !other.isTimed) return false;
  const [a, b] = [one.word, other.word];
  return (
    a.start === b.start &&
    a.end === b.end &&
    a.text === b.text &&
    a.confidence === b.confidence &&
    one.speaker === other.speaker &&
    one.language === other.language
  );
}

/** Whether two words are spoken at the same time, for a part of it. */
export function isAtOnce(one: SpokenWord, other: SpokenWord): boolean {
  if (!one.isTimed || !other.isTimed) return false;
  const [a, b] = [one.word, other.word];
  return a.start === b.start || (a.start < b.end && b.start < a.end);
}
