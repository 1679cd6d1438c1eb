import { field, list } from "./fields.ts";
import type { Origin } from "./group-words.ts";
import type { Segment } from "./segment.ts";
import { sentenceMatcher } from "./sentence-matcher.ts";
import type { SpokenWord } from "./spoken-words.ts";
import { timedSentences } from "./timed-sentences.ts";

/**
 * Segments from Deepgram's `alternatives[].paragraphs`, one a sentence, with the words of its time.
 * None, unless there are sentences and all of them have times.
 */
export function paragraphSegments(
  alternative: unknown,
  spoken: readonly SpokenWord[],
  origin: Origin,
): Segment[] {
  const sentences = timedSentences(list(field(field(alternative, "paragraphs"), "paragraphs")));
  if (sentences === null || sentences.length === 0) return [];
  const matcher = sentenceMatcher(origin);
  matcher.give(spoken);
  matcher.end();
  const matched = sentences.flatMap((sentence) => matcher.match(sentence).found);
  return [...matched, ...matcher.rest()];
}
