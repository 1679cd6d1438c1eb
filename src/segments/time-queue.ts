const MOST_ITEMS = 4096;

/** Items that wait until nothing before them can come any more. */
export type TimeQueue<T> = {
  add(item: T): void;
  /** Removes all items whose time is before `time`, in order. */
  take(time: number): T[];
};

/**
 * Sorts items that come nearly in order of time; those of equal time keep their order. Where more than
 * 4,096 wait, all but the last 2,048 are taken, though an earlier one may yet come.
 */
export function timeQueue<T>(timeOf: (item: T) => number): TimeQueue<T> {
  const waiting: T[] = [];
  return {
    add(item) {
      const at = placeOf(timeOf(item), waiting, timeOf, (time, other) => other > time);
      if (at === waiting.length) waiting.push(item);
      else waiting.splice(at, 0, item);
    },
    take(time) {
      const due = placeOf(time, waiting, timeOf, (limit, other) => other >= limit);
      const excess = waiting.length > MOST_ITEMS ? waiting.length - MOST_ITEMS / 2 : 0;
      const taken = Math.max(due, excess);
      return taken === 0 ? [] : waiting.splice(0, taken);
    },
  };
}

/** The index of the first item that is past `time`; items are in order. */
function placeOf<T>(
  time: number,
  items: readonly T[],
  timeOf: (item: T) => number,
  isPast: (time: number, other: number) => boolean,
): number {
  let from = 0;
  let to = items.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (isPast(time, timeOf(items[middle]!))) to = middle;
    else from = middle + 1;
  }
  return from;
}
