import type { BodyReader } from "./body-reader.ts";
import type { ChannelLayout } from "./channel-layout.ts";
import type { Origin } from "./group-words.ts";
import { HELD_WORD_BYTES } from "./limits.ts";
import type { Segment } from "./segment.ts";
import { sentenceMatcher } from "./sentence-matcher.ts";
import type { SpokenWord } from "./spoken-words.ts";
import { timedSentences } from "./timed-sentences.ts";

/** Whether there are sentences and all of them have times. */
export async function hasTimedSentences(
  reader: BodyReader,
  { paragraphs }: ChannelLayout,
): Promise<boolean> {
  let isAny = false;
  for await (const batch of reader.array(paragraphs)) {
    const sentences = timedSentences(batch);
    if (sentences === null) return false;
    isAny ||= sentences.length > 0;
  }
  return isAny;
}

/** As `paragraphSegments`, from stored paragraphs and words read in step. */
export async function* paragraphStream(
  reader: BodyReader,
  { paragraphs }: ChannelLayout,
  words: AsyncGenerator<SpokenWord[]>,
  origin: Origin,
): AsyncGenerator<Segment[]> {
  const matcher = sentenceMatcher(origin);
  const hold = reader.account();
  for await (const batch of reader.array(paragraphs)) {
    for (const sentence of timedSentences(batch) ?? []) {
      let match = matcher.match(sentence);
      while (!match.isDone) {
        yield match.found;
        const next = await words.next();
        if (next.done) matcher.end();
        else matcher.give(next.value);
        match = matcher.match(sentence);
        hold(matcher.held() * HELD_WORD_BYTES);
      }
      yield match.found;
    }
  }
  yield matcher.rest();
  for await (const batch of words) {
    matcher.give(batch);
    yield matcher.rest();
  }
  matcher.end();
  yield matcher.rest();
}
