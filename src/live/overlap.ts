import { field, list, text } from "../transcript/segments/fields.ts";
import { joinWords } from "../transcript/segments/join-words.ts";
import { type SpokenWord, spokenWords } from "../transcript/segments/spoken-words.ts";
import { SLACK_SECONDS } from "./coverage.ts";

/** A word of a later final that begins so near to the same word of an earlier one is that word. */
const SAME_WORD_SECONDS = 0.2;
/** So much of the shorter of two words is spoken at the same time when they are the same speech. */
const SAME_SPEECH_SHARE = 0.5;
/** Words may begin a little before the result that has them. */
const LOOK_BACK_SECONDS = 1;

type Members = Record<string, unknown>;
type TimedWord = SpokenWord["word"];

/**
 * Takes the finals of a channel in order of their start, and gives each without the words that an
 * earlier one has: Deepgram may transcribe the same audio in two results. A final that overlaps none
 * is given as it came.
 */
export function createOverlapTrimmer(): (final: unknown) => unknown {
  /** Seconds up to which the audio is in a final. */
  let end = 0;
  /** Of each alternative the words that may be met again. */
  const shown: TimedWord[][] = [];

  return (final) => {
    const start = Number(field(final, "start") ?? 0);
    const isOverlapping = start < end - SLACK_SECONDS;
    end = Math.max(end, start + Number(field(final, "duration") ?? 0));
    const channel = field(final, "channel");
    const alternatives = list(field(channel, "alternatives")).map((alternative, number) => {
      const before = (shown[number] ?? []).filter((word) => word.end > start - LOOK_BACK_SECONDS);
      const trimmed = isOverlapping ? withoutWords(alternative, before, start) : alternative;
      const words = spokenWords(field(trimmed, "words"), start).map(({ word }) => word);
      shown[number] = [...before, ...words];
      return trimmed;
    });
    if (!isOverlapping) return final;
    return { ...(final as Members), channel: { ...(channel as Members), alternatives } };
  };
}

/** An alternative without the words that are among others; as it is when none is. */
function withoutWords(alternative: unknown, others: TimedWord[], start: number): unknown {
  const words = list(field(alternative, "words"));
  const kept = words.filter((word) => {
    const [spoken] = spokenWords([word], start);
    return spoken === undefined || !others.some((other) => isSameSpeech(spoken.word, other));
  });
  if (kept.length === words.length) return alternative;
  const transcript = joinWords(spokenWords(kept, start).map(({ word }) => text(word.text)));
  return { ...(alternative as Members), transcript, words: kept };
}

function isSameSpeech(one: TimedWord, other: TimedWord): boolean {
  const isNear = Math.abs(one.start - other.start) < SAME_WORD_SECONDS;
  if (isNear && one.text.toLowerCase() === other.text.toLowerCase()) return true;
  const together = Math.min(one.end, other.end) - Math.max(one.start, other.start);
  const shorter = Math.min(one.end - one.start, other.end - other.start);
  return together > 0 && together >= shorter * SAME_SPEECH_SHARE;
}
