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
