import { isSame, MAX_SHOWN, REACH_SECONDS } from "./claim-words.ts";
import { field, index, list, text, time, withLines } from "./fields.ts";
import { LATER_WORDS } from "./match-words.ts";
import { type SpokenWord, spokenWords } from "./spoken-words.ts";

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

/** A part of a channel's words, in which groups are looked for, one after another. */
type WordWindow = {
  /** Whether words are needed that were forgotten. */
  isPast: (group: WordGroup) => boolean;
  /** Whether the words given are enough. */
  isReady: (group: WordGroup) => boolean;
  give: (words: readonly SpokenWord[]) => void;
  end: () => void;
  /** Whether at least half of the words are there that a group lists. */
  has: (group: WordGroup) => boolean;
};

/** Forgets the words before the last group looked for. */
export function wordWindow(): WordWindow {
  let words: SpokenWord[] = [];
  let isLast = false;
  let from = -Infinity;
  return {
    isPast: ({ start }) => start < from,
    isReady: ({ end }) => {
      const later = words.slice(-LATER_WORDS);
      const isOver = later.every(
        ({ word, isTimed }) => isTimed && word.start > end + REACH_SECONDS,
      );
      const isEnough = later.length === LATER_WORDS && isOver;
      return isLast || isEnough || words.length >= MAX_SHOWN;
    },
    give(more) {
      words.push(...more);
    },
    end() {
      isLast = true;
    },
    has(group) {
      from = group.start;
      const early = words.findIndex(
        ({ word, isTimed }) => !isTimed || word.end >= from - REACH_SECONDS,
      );
      words = early === -1 ? [] : words.slice(early);
      const found = group.words.filter((listed) => words.some((word) => isSame(word, listed)));
      return found.length >= group.words.length / 2;
    },
  };
}
