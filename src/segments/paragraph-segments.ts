import { field, index, list, text, time } from "./fields.ts";
import { groupWords, type Origin } from "./group-words.ts";
import type { Segment } from "./segment.ts";
import type { SpokenWord } from "./spoken-words.ts";

type Sentence = { text: string; start: number; end: number; speaker: number | null };

/**
 * Segments from Deepgram's `alternatives[].paragraphs`, one a sentence. Words go to the sentence in
 * whose time their middle lies; words outside every sentence are grouped by themselves. None, if no
 * sentence has both text and times.
 */
export function paragraphSegments(
  alternative: unknown,
  spoken: readonly SpokenWord[],
  origin: Origin,
): Segment[] {
  const sentences = timedSentences(field(field(alternative, "paragraphs"), "paragraphs"));
  if (sentences.length === 0) return [];
  const segments: Segment[] = [];
  const unclaimed: SpokenWord[] = [];
  let next = 0;
  for (const sentence of sentences) {
    const claimed: SpokenWord[] = [];
    for (; next < spoken.length; next++) {
      const candidate = spoken[next]!;
      const middle = (candidate.word.start + candidate.word.end) / 2;
      if (middle > sentence.end) break;
      (middle < sentence.start ? unclaimed : claimed).push(candidate);
    }
    segments.push(toSegment(sentence, claimed, origin));
  }
  for (; next < spoken.length; next++) unclaimed.push(spoken[next]!);
  for (const segment of groupWords(unclaimed, origin)) segments.push(segment);
  return segments;
}

/** Empty where one of them is untimed: words could not be told apart from it and would come twice. */
function timedSentences(paragraphs: unknown): Sentence[] {
  const sentences: Sentence[] = [];
  for (const paragraph of list(paragraphs)) {
    const speaker = index(field(paragraph, "speaker"));
    for (const raw of list(field(paragraph, "sentences"))) {
      const shown = text(field(raw, "text"));
      if (shown === "") continue;
      const start = time(field(raw, "start"));
      const end = time(field(raw, "end"));
      if (start === null || end === null) return [];
      sentences.push({ text: shown, start, end: Math.max(start, end), speaker });
    }
  }
  return sentences;
}

function toSegment(sentence: Sentence, claimed: readonly SpokenWord[], origin: Origin): Segment {
  const { start, end, text: shown } = sentence;
  return {
    start,
    end,
    channel: origin.channel,
    speaker: sentence.speaker ?? claimed.find(({ speaker }) => speaker !== null)?.speaker ?? null,
    language: claimed.find(({ language }) => language !== null)?.language ?? origin.language,
    text: shown,
    words: claimed.map(({ word }) => word),
  };
}
