import { elements, type Range, type Read, readAhead } from "../../lib/json/elements.ts";

/** Of one word, paragraph or utterance with all its words, and of a transcript without words. */
const MAX_ELEMENT_BYTES = 4 * 1024 * 1024;
/** Of all elements held at one time. */
const MAX_ELEMENTS_BYTES = 12 * 1024 * 1024;
/** What a word that waits for its sentence counts. */
export const HELD_WORD_BYTES = 256;

/** Tells how many bytes its owner holds now, in place of what it held before. */
export type Hold = (bytes: number) => void;

/**
 * How much of a body is asked for at once, and how much of that parsed at once, in bytes; and how many
 * such blocks of a stretch are read ahead of the one in use.
 */
export type ReadSizes = { block: number; ahead: number; batch: number };

/** Reads stretches of a stored body, several at a time in memory that is limited as a whole. */
export type StoredBodyReader = {
  read: Read;
  /** The bytes of a stretch, in blocks. */
  blocks: (stretch: Range) => AsyncGenerator<Uint8Array>;
  /**
   * The elements of an array in batches; `inside` is what stands between its brackets. `begins` says where
   * elements begin after which batches end, if that is known.
   */
  array: (inside: Range | null, begins?: readonly number[]) => AsyncGenerator<unknown[]>;
  /** As `array`, but only those that end within the first bytes. */
  head: (inside: Range, bytes: number) => AsyncGenerator<unknown[]>;
  /** Opens an account for what else is held. */
  account: () => Hold;
};

export function storedBodyReader(read: Read, { block, ahead, batch }: ReadSizes): StoredBodyReader {
  const account = createAllowance();
  const sizes = { blockBytes: block, ahead };
  const options = () => ({ ...sizes, batchBytes: batch, hold: account() });
  return {
    read,
    blocks: (stretch) => readAhead(read, stretch, sizes),
    array: (inside, begins) =>
      elements(read, inside ?? { from: 0, to: 0 }, {
        ...options(),
        ...(begins !== undefined && { begins }),
      }),
    head: ({ from }, bytes) =>
      elements(read, { from, to: from + bytes }, { ...options(), isCut: true }),
    account,
  };
}

/** Opens accounts that share one limit of memory; an `unshowable` error where one or all are over it. */
function createAllowance(): () => Hold {
  let all = 0;
  return () => {
    let mine = 0;
    return (bytes) => {
      all += bytes - mine;
      mine = bytes;
      if (mine > MAX_ELEMENT_BYTES || all > MAX_ELEMENTS_BYTES) throw unshowable("too-large");
    };
  };
}

/** Why segments of a stored body cannot be made: it is over a limit, or was never whole. */
type UnshowableReason = "too-many-channels" | "too-large" | "not-json";

type Unshowable = Error & { unshowable: UnshowableReason };

/** The error that ends the making of segments. */
export function unshowable(reason: UnshowableReason): Unshowable {
  return Object.assign(new Error(`No segments can be made: ${reason}`), { unshowable: reason });
}

/** The reason of an `unshowable` error; null for any other. */
export function unshowableReason(error: unknown): UnshowableReason | null {
  return error instanceof Error && "unshowable" in error ? (error as Unshowable).unshowable : null;
}
