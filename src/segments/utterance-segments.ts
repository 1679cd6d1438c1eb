import { field, index, list, text, time } from "./fields.ts";
import { groupWords, type Origin } from "./group-words.ts";
import { joinWords } from "./join-words.ts";
import type { Segment } from "./segment.ts";
import { type SpokenWord, spokenWords } from "./spoken-words.ts";

/**
 * Segments from one entry of Deepgram's `results.utterances`: one, or none without text. An
 * utterance that names no speaker while its words name several is grouped by its words.
 */
export function utteranceSegments(utterance: unknown, origin: Origin): Segment[] {
  const given = time(field(utterance, "start"));
  const spoken = spokenWords(field(utterance, "words"), given ?? 0);
  const speakers = new Set(spoken.flatMap(({ speaker }) => speaker ?? []));
  const speaker = index(field(utterance, "speaker"));
  if (speaker === null && speakers.size > 1) return groupWords(spoken, origin);

  const words = spoken.map(({ word }) => word);
  const shown = text(field(utterance, "transcript")) || joinWords(words.map((word) => word.text));
  if (shown === "") return [];
  const start = given ?? words[0]?.start ?? 0;
  return [
    {
      start,
      end: endOf(field(utterance, "end"), start, words[words.length - 1]?.end),
      channel: origin.channel,
      speaker: speaker ?? [...speakers][0] ?? null,
      language: languageOf(utterance, spoken) ?? origin.language,
      text: shown,
      words,
    },
  ];
}

function endOf(given: unknown, start: number, lastWordEnd: number | undefined): number {
  const end = time(given);
  return end !== null && end >= start ? end : Math.max(start, lastWordEnd ?? start);
}

function languageOf(utterance: unknown, spoken: readonly SpokenWord[]): string | null {
  const languages = list(field(utterance, "languages"));
  const only = languages.length === 1 ? text(languages[0]) : "";
  return text(field(utterance, "language")) || only || commonest(spoken);
}

function commonest(spoken: readonly SpokenWord[]): string | null {
  const counts = new Map<string, number>();
  let best: string | null = null;
  for (const { language } of spoken) {
    if (language === null) continue;
    const count = (counts.get(language) ?? 0) + 1;
    counts.set(language, count);
    if (best === null || count > (counts.get(best) ?? 0)) best = language;
  }
  return best;
}
