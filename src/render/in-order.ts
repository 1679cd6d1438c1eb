/**
 * Items in order of `startMs`, from batches that may reach past the beginning of later ones. A batch
 * promises that neither it nor any later one has an item before its `sinceMs`, which never goes back;
 * only items past it are held.
 */
export function* inOrder<T extends { startMs: number }>(
  batches: Iterable<{ sinceMs: number; items: readonly T[] }>,
): Generator<T> {
  let waiting: T[] = [];
  for (const { sinceMs, items } of batches) {
    const due = firstFrom(waiting, sinceMs);
    for (let i = 0; i < due; i++) yield waiting[i]!;
    if (due > 0) waiting = waiting.slice(due);
    const overlaps = (waiting.at(-1)?.startMs ?? 0) > (items[0]?.startMs ?? 0);
    for (const item of items) waiting.push(item);
    if (overlaps) waiting.sort((a, b) => a.startMs - b.startMs);
  }
  yield* waiting;
}

function firstFrom(waiting: readonly { startMs: number }[], sinceMs: number): number {
  let i = 0;
  while (i < waiting.length && waiting[i]!.startMs < sinceMs) i++;
  return i;
}
