import type { Range, Read } from "./elements.ts";

export type ReadAheadOptions = {
  /** Asked for at once. */
  blockBytes: number;
  /** How many blocks are asked for, or wait, while one is in use. */
  ahead: number;
};

/** The bytes of a range in blocks, in order. The reads of the next ones are begun before they are needed. */
export async function* readAhead(
  read: Read,
  { from, to }: Range,
  { blockBytes, ahead }: ReadAheadOptions,
): AsyncGenerator<Uint8Array> {
  const begun: Promise<Uint8Array>[] = [];
  let next = from;
  for (;;) {
    for (; next < to && begun.length <= ahead; next += blockBytes) {
      const block = read(next, Math.min(blockBytes, to - next));
      // Whoever comes to it learns of a failure; nobody may come.
      block.catch(() => {});
      begun.push(block);
    }
    const block = begun.shift();
    if (block === undefined) return;
    yield await block;
  }
}
