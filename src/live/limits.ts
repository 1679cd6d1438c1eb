/** A message of a stream. A row of SQLite holds 2 MB. */
export const MAX_MESSAGE_BYTES = 1_048_576;
