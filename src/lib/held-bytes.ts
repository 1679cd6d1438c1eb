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

/** What one piece of work holds in memory. */
export type Share = {
  /** Counts so many bytes more; false, and nothing counted, where they would be too many. */
  take: (bytes: number) => boolean;
  /** Gives back all of it; may be called again. */
  release: () => void;
};

type HeldBytes = { open: () => Share; total: () => number };

/**
 * A share that was not released for so long belongs to an invocation that the platform ended: it answers
 * within 9 s and has 30 s after that, but its promises may stay open for good.
 */
const FORGOTTEN_MS = 120_000;

/** Counts the bytes that an isolate holds at a time for one purpose, up to a limit. */
export function createHeldBytes(limit: number): HeldBytes {
  const held = new Map<Share, { bytes: number; since: number }>();
  let total = 0;
  return {
    total: () => total,
    open() {
      const own: Share = {
        take(bytes) {
          const now = Date.now();
          if (total + bytes > limit) forgetBefore(now - FORGOTTEN_MS);
          if (total + bytes > limit) return false;
          total += bytes;
          held.set(own, { bytes: (held.get(own)?.bytes ?? 0) + bytes, since: now });
          return true;
        },
        release: () => drop(own),
      };
      return own;
    },
  };

  function drop(share: Share): void {
    total -= held.get(share)?.bytes ?? 0;
    held.delete(share);
  }

  function forgetBefore(time: number): void {
    for (const [share, { since }] of held) if (since < time) drop(share);
  }
}
