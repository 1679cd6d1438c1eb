import { field, index, list, text, time } from "./fields.ts";
import { groupSegments } from "./group-segments.ts";
import type { Origin } from "./group-words.ts";
import type { Segment } from "./segment.ts";
import { spokenWords } from "./spoken-words.ts";

/**
 * Segments from one entry of Deepgram's `results.utterances`: one for each run of words of one speaker
 * and one language, none without text.
 */
export function utteranceSegments(utterance: unknown, origin: Origin): Segment[] {
  const given = time(field(utterance, "start"));
  const spoken = spokenWords(field(utterance, "words"), given ?? 0);
  const start = given ?? spoken[0]?.word.start ?? 0;
  const group = {
    text: text(field(utterance, "transcript")),
    start,
    end: endOf(field(utterance, "end"), start, spoken.at(-1)?.word.end),
    speaker: index(field(utterance, "speaker")),
    language: languageOf(utterance),
  };
  return groupSegments(group, spoken, origin);
}

function endOf(given: unknown, start: number, lastWordEnd: number | undefined): number {
  const end = time(given);
  return end !== null && end >= start ? end : Math.max(start, lastWordEnd ?? start);
}

function languageOf(utterance: unknown): string | null {
  const languages = list(field(utterance, "languages"));
  const only = languages.length === 1 ? text(languages[0]) : "";
  return text(field(utterance, "language")) || only || null;
}
