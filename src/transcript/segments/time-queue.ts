const MOST_ITEMS = 4096;

/** Items that wait until nothing before them can come any more. */
export type TimeQueue<T> = {
  add(item: T): void;
  /** Removes all items up to `time`, in order. */
  take(time: number): T[];
};

/**
 * Sorts items that come nearly in order of time; those of equal time keep their order. Where more than
 * 4,096 wait, all but the last 2,048 are taken, though an earlier one may yet come.
 */
export function timeQueue<T>(timeOf: (item: T) => number): TimeQueue<T> {
  const waiting: T[] = [];
  const firstPast = (time: number): number => {
    let from = 0;
    let to = waiting.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (timeOf(waiting[middle]!) > time) to = middle;
      else from = middle + 1;
    }
    return from;
  };
  return {
    add(item) {
      const at = firstPast(timeOf(item));
      if (at === waiting.length) waiting.push(item);
      else waiting.splice(at, 0, item);
    },
    take(time) {
      const excess = waiting.length > MOST_ITEMS ? waiting.length - MOST_ITEMS / 2 : 0;
      const taken = Math.max(firstPast(time), excess);
      return taken === 0 ? [] : waiting.splice(0, taken);
    },
  };
}
