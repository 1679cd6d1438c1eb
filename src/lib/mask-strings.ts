import { concat } from "./bytes.ts";

/** Masks byte strings at equal length in bytes that come in chunks. */
type StringMasker = {
  /** Gives the bytes that are ready: one of the strings may begin in the last ones. */
  push: (chunk: Uint8Array) => Uint8Array;
  /** Gives the bytes that are left. */
  end: () => Uint8Array;
};

const ASTERISK = 0x2a;

/** A longer step than this is not worth wider entries of the table. */
const MAX_WINDOW_BYTES = 255;

/** The bytes with each of the strings masked; the same bytes when none of them is there. */
export function maskStrings(bytes: Uint8Array, strings: Uint8Array[]): Uint8Array {
  let masked = bytes;
  createFinder(strings)(bytes, (at, string) => {
    if (masked === bytes) masked = bytes.slice();
    maskAt(masked, at, string);
  });
  return masked;
}

/** The same, chunk by chunk. Each string has at least two bytes. */
export function createStringMasker(strings: Uint8Array[]): StringMasker {
  const find = createFinder(strings);
  const maxWaiting = Math.max(...strings.map(({ length }) => length - 1), 0);
  /** The bytes that wait: as they came, since a string may begin within another one, and masked. */
  let given = new Uint8Array();
  let masked = new Uint8Array();
  return {
    push(chunk) {
      const allGiven = concat([given, chunk]);
      // A copy of its own: it is masked.
      const all = masked.length === 0 ? chunk.slice() : concat([masked, chunk]);
      find(allGiven, (at, string) => maskAt(all, at, string));
      const ready = Math.max(all.length - maxWaiting, 0);
      given = allGiven.slice(ready);
      masked = all.slice(ready);
      return all.subarray(0, ready);
    },
    end: () => masked,
  };
}

/** In UTF-16 the zero bytes stay, so that the asterisks are characters too. */
function maskAt(bytes: Uint8Array, at: number, string: Uint8Array): void {
  for (let index = 0; index < string.length; index++) {
    if (string[index] !== 0) bytes[at + index] = ASTERISK;
  }
}

type Found = (at: number, string: Uint8Array) => void;

/**
 * Looks for all the strings at once. At most places two bytes show that none of them can end there, and
 * how far on the next one could: Wu and Manber, "A fast algorithm for multi-pattern searching" (1994).
 */
function createFinder(strings: Uint8Array[]): (bytes: Uint8Array, found: Found) => void {
  if (strings.length === 0) return () => {};
  /** So many bytes of each string are looked for; the rest of a longer one is compared. */
  const window = Math.min(...strings.map(({ length }) => length), MAX_WINDOW_BYTES);
  const steps = new Uint8Array(1 << 16).fill(window - 1);
  const endingIn = new Map<number, Uint8Array[]>();
  for (const string of strings) {
    for (let at = 1; at < window; at++) {
      const pair = pairAt(string, at);
      steps[pair] = Math.min(steps[pair] as number, window - 1 - at);
    }
    const last = pairAt(string, window - 1);
    endingIn.set(last, [...(endingIn.get(last) ?? []), string]);
  }
  return (bytes, found) => {
    for (let at = window - 1; at < bytes.length; ) {
      const pair = pairAt(bytes, at);
      const step = steps[pair] as number;
      if (step === 0) {
        const from = at - window + 1;
        for (const string of endingIn.get(pair) ?? []) {
          if (isAt(bytes, from, string)) found(from, string);
        }
      }
      at += step || 1;
    }
  };
}

const pairAt = (bytes: Uint8Array, at: number): number =>
  ((bytes[at - 1] as number) << 8) | (bytes[at] as number);

const isAt = (bytes: Uint8Array, from: number, string: Uint8Array): boolean =>
  from + string.length <= bytes.length && string.every((byte, at) => bytes[from + at] === byte);
