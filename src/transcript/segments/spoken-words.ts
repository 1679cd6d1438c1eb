import { index, list, probability, text, time, withLines } from "./fields.ts";
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
