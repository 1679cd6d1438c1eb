/**
 * A body up to this size is held in memory whole, a larger one only ever in parts: an isolate has
 * 128 MB for all its requests together.
 */
export const MAX_HELD_BYTES = 4_194_304;
