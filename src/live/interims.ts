import { REST_SECONDS } from "./coverage.ts";
import type { LiveMessage } from "./message.ts";

/** Times are 32-bit floats: an interim may begin a little before the final it follows has ended. */
const OVERLAP_SECONDS = 0.1;

type Stretch = Pick<LiveMessage, "channel" | "start" | "duration">;

/** What no final has replaced yet, the newest of each channel. Held in memory alone. */
export function createInterims() {
  const newest = new Map<number, LiveMessage>();
  const ends = new Map<number, number>();
  const isReplaced = ({ channel, start }: Stretch) =>
    start < (ends.get(channel) ?? 0) - OVERLAP_SECONDS;

  return {
    /** False for one that is older than what is known. */
    put(interim: LiveMessage): boolean {
      const known = newest.get(interim.channel);
      if (isReplaced(interim) || (known !== undefined && isOlder(interim, known))) return false;
      newest.set(interim.channel, interim);
      return true;
    },

    /** Tells that a channel has finals up to `end` seconds. */
    finalUpTo(channel: number, end: number): void {
      ends.set(channel, Math.max(end, ends.get(channel) ?? 0));
      const interim = newest.get(channel);
      if (interim !== undefined && isReplaced(interim)) newest.delete(channel);
    },

    /** Whether finals of a channel go up to `end` seconds, or nearly. */
    isFinalUpTo: (channel: number, end: number) => end - (ends.get(channel) ?? 0) <= REST_SECONDS,

    of: (channel: number) => newest.get(channel) ?? null,

    channels: () => Math.max(0, ...[...newest.keys()].map((channel) => channel + 1)),

    clear(): void {
      newest.clear();
      ends.clear();
    },
  };
}

export type Interims = ReturnType<typeof createInterims>;

/** Of interims that begin together the longer one is the newer. */
const isOlder = (one: Stretch, other: Stretch): boolean =>
  one.start < other.start || (one.start === other.start && one.duration < other.duration);
