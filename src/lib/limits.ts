/** Set where the code is compiled for tests (`define` in test/vitest.config.ts), nowhere else. */
declare const TEST_MAX_HELD_BYTES: number | undefined;

const MAX_BYTES = 4_194_304;

/**
 * A body up to this size is held in memory whole, a larger one only ever in parts: an isolate has
 * 128 MB for all its requests together. No setting can change it; tests are compiled with a lower one,
 * so that they need not make bodies of megabytes.
 */
export const MAX_HELD_BYTES =
  typeof TEST_MAX_HELD_BYTES === "undefined" ? MAX_BYTES : Math.min(TEST_MAX_HELD_BYTES, MAX_BYTES);
