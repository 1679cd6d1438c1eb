import { wordPlaces } from "../slice/word-places.ts";
import { cleanText } from "./clean-text.ts";
import { cutLong } from "./cut-long.ts";
import type { Origin } from "./group-words.ts";
import { joinWords } from "./join-words.ts";
import type { Segment } from "./segment.ts";
import type { SpokenWord } from "./spoken-words.ts";

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
};

/** Consecutive words of one speaker and one language. */
type Run = {
  /** Index of its first word. */
  from: number;
  words: SpokenWord[];
  speaker: number | null;
  language: string | null;
};

/**
 * The segments of a group: one for each run of words of one speaker and one language. A word without
 * its own is of the speaker and language before it, or else after it. Each run has its share of the
 * group's text where the words spell that text, else the text of its words.
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
      text,
      words: spoken.map(({ word }) => word),
    });
  }
  const texts = textsOf(runs, text, spoken);
  return runs.flatMap(({ words, speaker, language }, i) =>
    cutLong({
      start: i === 0 ? group.start : Math.min(...words.map(({ word }) => word.start)),
      end: i === runs.length - 1 ? group.end : Math.max(...words.map(({ word }) => word.end)),
      channel: origin.channel,
      speaker: speaker ?? group.speaker,
      language: language ?? group.language ?? origin.language,
      text: texts[i]!,
      words: words.map(({ word }) => word),
    }),
  );
}

function runsOf(spoken: readonly SpokenWord[]): Run[] {
  const runs: Run[] = [];
  for (const [from, next] of spoken.entries()) {
    const last = runs.at(-1);
    const speaker = next.speaker ?? last?.speaker ?? null;
    const language = next.language ?? last?.language ?? null;
    if (last === undefined || differ(last.speaker, speaker) || differ(last.language, language)) {
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
    return shown || joinWords(words.map(({ word }) => word.text));
  });
}
