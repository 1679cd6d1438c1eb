/** A message of a stream as it comes, in bytes. */
export const MAX_MESSAGE_BYTES = 1_048_576;
/** The same as it is kept: a row of SQLite holds 2 MB, some of them for its other columns. */
export const MAX_KEPT_BYTES = 1_900_000;
