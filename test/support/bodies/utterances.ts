import { float32 } from "./float32.ts";
import { uuid4 } from "./ids.ts";
import type { ListenUtterance } from "./listen-body.ts";
import type { ListenOptions } from "./options.ts";
import { randomFrom } from "./random.ts";
import type { Turn } from "./speech.ts";
import { listenWords, textOf } from "./words.ts";

const meanConfidence = (turn: Turn): number =>
  float32(turn.words.reduce((sum, word) => sum + word.confidence, 0) / turn.words.length);

/** A turn as one utterance; `id` is a function of the seed and the turn's number. */
export const utteranceOf = (
  turn: Turn,
  index: number,
  options: ListenOptions,
): ListenUtterance => ({
  start: turn.words[0]!.start,
  end: turn.words.at(-1)!.end,
  confidence: meanConfidence(turn),
  channel: turn.channel,
  transcript: textOf(turn.words, options),
  words: listenWords(turn, options),
  ...(options.diarize && { speaker: turn.speaker }),
  id: uuid4(randomFrom(Math.imul(options.seed ?? 1, 7919) + index)),
});
