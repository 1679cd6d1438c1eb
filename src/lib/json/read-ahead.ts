import type { Range, Read } from "./elements.ts";

export type ReadAheadOptions = {
  /** Asked for at once. */
  blockBytes: number;
  /** How many blocks are asked for, or wait, while one is in use. */
  ahead: number;
};

/** The bytes of a range in blocks, in order. The next ones are read before they are needed. */
export async function* readAhead(
  read: Read,
  { from, to }: Range,
  { blockBytes, ahead }: ReadAheadOptions,
): AsyncGenerator<Uint8Array> {
  const reads: Promise<Uint8Array>[] = [];
  let next = from;
  for (;;) {
    for (; next < to && reads.length <= ahead; next += blockBytes) {
      const block = read(next, Math.min(blockBytes, to - next));
      // The reader of this block sees the failure; there may be none.
      block.catch(() => {});
      reads.push(block);
    }
    const block = reads.shift();
    if (block === undefined) return;
    yield await block;
  }
}
