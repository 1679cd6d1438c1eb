import { randomFrom } from "../support/bodies/random.ts";
import type { ScriptedMessage } from "./stream-script.ts";

/** Shares of the messages, 0 to 1, that do not go out once and in order. */
export type Disorder = {
  lose?: number;
  duplicate?: number;
  /** Go out up to `delaySeconds` of audio later. */
  reorder?: number;
  delaySeconds?: number;
  /** Equal seeds give equal disorder. */
  seed?: number;
};

const DELAY_SECONDS = 5;

/** The messages of a script in the order in which they go out. */
export function disordered(
  messages: readonly ScriptedMessage[],
  { lose = 0, duplicate = 0, reorder = 0, delaySeconds = DELAY_SECONDS, seed = 1 }: Disorder,
): ScriptedMessage[] {
  const random = randomFrom(seed);
  const delayed = (one: ScriptedMessage): ScriptedMessage =>
    random() < reorder ? { ...one, at: one.at + random() * delaySeconds } : one;
  return messages
    .flatMap((one) => {
      if (random() < lose) return [];
      return random() < duplicate ? [delayed(one), delayed(one)] : [delayed(one)];
    })
    .sort((one, other) => one.at - other.at);
}
