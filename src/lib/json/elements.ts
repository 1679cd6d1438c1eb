import { concat } from "../bytes.ts";

/** Bytes `from` up to, not including, `to`. */
export type Range = { from: number; to: number };

/** Exactly `length` bytes from `offset` on of something stored. */
export type Read = (offset: number, length: number) => Promise<Uint8Array>;

type ElementsOptions = ReadAheadOptions & {
  /** Bytes of elements after which they are handed out. */
  batchBytes: number;
  /** Called with the number of bytes of elements held, before more are; throws where they are too many. */
  hold: (bytes: number) => void;
  /** The range may break off within an element, which is then left out. */
  isCut?: boolean;
  /**
   * Bytes at which elements begin, in order, where these are known: batches end there, and nowhere else,
   * so that no comma needs to be looked for.
   */
  begins?: readonly number[];
};

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY] = [0x7b, 0x7d, 0x5b, 0x5d];

const decoder = new TextDecoder();

/**
 * The elements of a stored JSON array, parsed natively in batches. `range` is what stands between its
 * brackets, or some whole elements of that with all between them; it must be valid JSON.
 */
export async function* elements(
  read: Read,
  range: Range,
  { batchBytes, hold, isCut = false, begins, ...blocks }: ElementsOptions,
): AsyncGenerator<unknown[]> {
  const splitter = begins === undefined ? createSplitter() : knownSplitter(begins, range.from);
  let rest = new Uint8Array();
  for await (const block of readAhead(read, range, blocks)) {
    const bytes = concat([rest, block]);
    let begin = 0;
    for (let end = splitter.comma(bytes, batchBytes); end !== -1; ) {
      hold(end - begin);
      yield parsed(bytes.subarray(begin, end));
      begin = end + 1;
      end = splitter.comma(bytes, begin + batchBytes);
    }
    splitter.moveBack(begin);
    rest = bytes.slice(begin);
    hold(rest.length);
  }
  if (!isCut) yield parsed(rest);
  hold(0);
}

type Splitter = {
  /** The first comma between elements from `enough` on, else the last before that, else -1. */
  comma: (bytes: Uint8Array, enough: number) => number;
  /** The first `bytes` bytes are gone. */
  moveBack: (bytes: number) => void;
};

/** Ends elements where others are known to begin; `from` is where the bytes begin. */
function knownSplitter(begins: readonly number[], from: number): Splitter {
  let gone = from;
  let next = 0;
  while (next < begins.length && begins[next]! <= from) next++;
  return {
    comma(bytes, enough) {
      let last = -1;
      while (next < begins.length && last < enough) {
        const begin = begins[next]! - gone;
        if (begin > bytes.length) break;
        last = bytes.lastIndexOf(COMMA, begin - 1);
        next++;
      }
      return last;
    },
    moveBack(bytes) {
      gone += bytes;
    },
  };
}

/** Finds where elements end, in bytes that come bit by bit. */
function createSplitter(): Splitter {
  let next = 0;
  let depth = 0;
  let isInString = false;

  function comma(bytes: Uint8Array, enough: number): number {
    let at = isInString ? stringEnd(bytes, next) : next;
    let open = depth;
    let last = -1;
    while (at < bytes.length && last < enough) {
      const byte = bytes[at++];
      if (byte === QUOTE) at = stringEnd(bytes, at);
      else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) open++;
      else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) open--;
      else if (byte === COMMA && open === 0) last = at - 1;
    }
    depth = open;
    isInString = at > bytes.length;
    next = isInString ? at - 1 : at;
    return last;
  }

  function moveBack(bytes: number): void {
    next -= bytes;
  }

  return { comma, moveBack };
}

/** The index behind the closing quote; where that is missing, one more than the index to resume at. */
function stringEnd(bytes: Uint8Array, from: number): number {
  let at = from;
  for (; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) break;
    if (byte === BACKSLASH) at++;
  }
  return at + 1;
}

const parsed = (bytes: Uint8Array): unknown[] => JSON.parse(`[${decoder.decode(bytes)}]`);

type ReadAheadOptions = {
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
