import type { LiveMessage } from "./message.ts";
import { REST_SECONDS } from "./metadata.ts";

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

/** Each save is a row written. */
const SAVE_EVERY_MS = 5_000;

type Reach = { end: number; savedEnd: number; savedAt: number };

/**
 * How far the interims of each channel reach, in seconds of audio. `save` makes an end durable; it is
 * called at most every 5 s for a channel.
 */
export function createInterimEnds(save: (channel: number, end: number) => void) {
  const channels = new Map<number, Reach>();

  const isUnsaved = ({ end, savedEnd }: Reach) => end > savedEnd;

  /** When the next of the ends is to be saved, in milliseconds; null when all are. */
  const dueAt = (): number | null => {
    const unsaved = [...channels.values()].filter(isUnsaved);
    return unsaved.length === 0
      ? null
      : Math.min(...unsaved.map(({ savedAt }) => savedAt + SAVE_EVERY_MS));
  };

  return {
    dueAt,

    /** Takes what was saved before. */
    load(channel: number, end: number): void {
      channels.set(channel, { end, savedEnd: end, savedAt: 0 });
    },

    /** Tells that an interim reaches up to `end`. */
    extend(channel: number, end: number): void {
      const known = channels.get(channel);
      if (known === undefined) channels.set(channel, { end, savedEnd: 0, savedAt: 0 });
      else known.end = Math.max(known.end, end);
    },

    /** Saves the ends that are due. */
    saveDue(now: number): void {
      for (const [channel, reach] of channels) {
        if (!isUnsaved(reach) || reach.savedAt + SAVE_EVERY_MS > now) continue;
        save(channel, reach.end);
        Object.assign(reach, { savedEnd: reach.end, savedAt: now });
      }
    },

    /** The end of the furthest; 0 without any. */
    furthest: () => Math.max(0, ...[...channels.values()].map(({ end }) => end)),

    channels: () => Math.max(0, ...[...channels.keys()].map((channel) => channel + 1)),

    clear: () => channels.clear(),
  };
}
