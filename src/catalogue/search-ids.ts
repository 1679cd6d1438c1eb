// The rowid of a passage in `search` is its transcript's number and its own: 31 and 22 bits, so that
// JavaScript's numbers hold it.

export const NUMBER_SHIFT = 22;

/** Of one transcript. */
export const MAX_PIECES = 2 ** NUMBER_SHIFT;
