/**
 * A hash of bytes, from which that of two runs of bytes in a row can be made: a polynomial in `BASE`, modulo
 * 2³². It tells runs of one length apart that differ by chance, and withstands nobody who looks for two
 * that are alike.
 */
export type BytesHash = { length: number; sum: number };

const BASE = 0x9e3779b1;
const BASE_4 = power(4);

/** What each byte counts with 0 to 3 others behind it: a number that has no pattern. */
const [LAST, THIRD, SECOND, FIRST] = [0, 1, 2, 3].map((behind) =>
  Int32Array.from({ length: 256 }, (_, byte) => {
    const mixed = Math.imul(byte + 1, 0x27d4eb2f);
    return Math.imul(Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b), power(behind));
  }),
) as [Int32Array, Int32Array, Int32Array, Int32Array];

export const NO_BYTES: BytesHash = { length: 0, sum: 0 };

/** The hash of a run that bytes `from` up to `to` of a chunk are added to. */
export function hashMore(
  { length, sum }: BytesHash,
  chunk: Uint8Array,
  from: number,
  to: number,
): BytesHash {
  let hash = sum;
  let at = from;
  // Four at a time: each multiplication waits for the one before.
  for (; at + 4 <= to; at += 4) {
    hash =
      (Math.imul(hash, BASE_4) +
        FIRST[chunk[at]!]! +
        SECOND[chunk[at + 1]!]! +
        THIRD[chunk[at + 2]!]! +
        LAST[chunk[at + 3]!]!) |
      0;
  }
  for (; at < to; at++) hash = (Math.imul(hash, BASE) + LAST[chunk[at]!]!) | 0;
  return { length: length + to - from, sum: hash };
}

/** The hash of a run that another one follows. */
export const joinHashes = (left: BytesHash, right: BytesHash): BytesHash => ({
  length: left.length + right.length,
  sum: (Math.imul(left.sum, power(right.length)) + right.sum) | 0,
});

export const areAlike = (left: BytesHash, right: BytesHash): boolean =>
  left.length === right.length && left.sum === right.sum;

/** Of `BASE`. */
function power(exponent: number): number {
  let result = 1;
  let square = BASE;
  for (let left = exponent; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result = Math.imul(result, square);
    square = Math.imul(square, square);
  }
  return result;
}
