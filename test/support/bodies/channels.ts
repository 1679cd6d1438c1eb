import { float32 } from "./float32.ts";
import type { ListenAlternative, ListenChannel } from "./listen-body.ts";
import type { ListenOptions } from "./options.ts";
import { paragraphsOf } from "./paragraphs.ts";
import type { Turn } from "./speech.ts";
import { listenWords, textOf } from "./words.ts";

const medianConfidence = (turns: Turn[]): number => {
  const all = turns.flatMap((turn) => turn.words.map((word) => word.confidence));
  return all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0;
};

const silent = (wantsParagraphs: boolean): ListenAlternative => ({
  transcript: "",
  confidence: 0,
  words: [],
  ...(wantsParagraphs && { paragraphs: { transcript: "\n", paragraphs: [] } }),
});

/** The `rank`-th guess at a channel; each is less sure and misses one more word at the end. */
const alternative = (turns: Turn[], rank: number, options: ListenOptions): ListenAlternative => {
  const wantsParagraphs = options.paragraphs === true || options.smartFormat === true;
  if (turns.length === 0) return silent(wantsParagraphs);
  const spoken = turns.flatMap((turn) => turn.words);
  const words = turns.flatMap((turn) => listenWords(turn, options));
  const languages = [...new Set(turns.map((turn) => turn.language))];
  return {
    transcript: textOf(spoken.slice(0, spoken.length - rank), options),
    confidence: float32(medianConfidence(turns) / (1 + rank)),
    words: words.slice(0, words.length - rank),
    ...(wantsParagraphs && { paragraphs: paragraphsOf(turns, options) }),
    ...(options.language === "multi" && { languages }),
  };
};

/** One entry of `results.channels`, of the turns spoken on it. */
export const channelOf = (turns: Turn[], options: ListenOptions): ListenChannel => ({
  alternatives: Array.from({ length: options.alternatives ?? 1 }, (_, rank) =>
    alternative(turns, rank, options),
  ),
  ...(options.detectLanguage && {
    detected_language: turns[0]?.language ?? "en",
    language_confidence: turns.length === 0 ? 0 : 0.98876953,
  }),
});
