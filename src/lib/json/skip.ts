import * as states from "./states.ts";
import { isInNumber, isInValue } from "./states.ts";

const [ZERO, ONE, NINE] = [0x30, 0x31, 0x39];

/** Stands in place of each byte of a masked string: an asterisk. */
export const maskOfText = 0x2a;

/** Stands in place of a byte of a masked number, which stays a JSON number of the same length. */
const maskOfNumber = (byte: number): number => (byte >= ZERO && byte <= NINE ? ONE : byte);

/** Masks the bytes of a string in the chunk. */
export function maskText(chunk: Uint8Array, from: number, to: number): void {
  chunk.fill(maskOfText, from, to);
}

/** Masks the bytes of a number in the chunk. */
export function maskNumber(chunk: Uint8Array, from: number, to: number): void {
  for (let at = from; at < to; at++) chunk[at] = maskOfNumber(chunk[at] as number);
}

/** No container within the skipped one has this depth: the whole of it is masked. */
const OUTSIDE = -1;

type Skipper = {
  /**
   * Begins behind the bracket that opened the container on top of the stack; `isSecret` when all of it
   * is to be masked.
   */
  begin: (isSecret: boolean) => void;
  /** Skips up to the bracket that ends it: gives its index, or the length of the chunk. */
  skip: (chunk: Uint8Array, from: number) => number;
  /** Whether all skipped bytes are valid JSON. */
  isValid: () => boolean;
  /** Whether the last byte was within a string or a number that is masked. */
  isMasking: () => boolean;
};

/**
 * Skips containers that nobody reads, as fast as possible, and still validates them. Values under
 * `SECRET_KEY` are masked in the chunk.
 */
export function createSkipper(containers: BitStack): Skipper {
  const { STATE, ACTION, OPEN_OBJECT, OPEN_ARRAY, CLOSE_OBJECT, CLOSE_ARRAY, COMMA, SECRET } =
    states;
  const { TABLE, INVALID, KEY, KEY_OR_END, VALUE, VALUE_OR_END, COMMA_OR_END } = states;
  let isValid = true;
  let state = VALUE_OR_END;
  let depth = 0;
  /** The depth of the container that has the member which is being masked; null when none is. */
  let secretDepth: number | null = null;

  /** Whether the bracket ends the skipped container. */
  function close(isObject: boolean): boolean {
    if (containers.top() !== isObject) {
      isValid = false;
      return false;
    }
    if (depth === 0) return true;
    containers.pop();
    depth--;
    state = COMMA_OR_END;
    return false;
  }

  function open(isObject: boolean): void {
    containers.push(isObject);
    depth++;
    state = isObject ? KEY_OR_END : VALUE_OR_END;
  }

  function skip(chunk: Uint8Array, from: number): number {
    const table = TABLE;
    const end = chunk.length;
    let next = state;
    if (secretDepth !== null) return skipSecret(chunk, from);
    for (let at = from; at < end; at++) {
      next = table[(next << 8) | (chunk[at] as number)] as number;
      if (next <= STATE) {
        // Most bytes of a string or a number lead back to the same state. Known beforehand, it spares each
        // look-up the wait for the one before.
        const row = next << 8;
        while (at + 1 < end && table[row | (chunk[at + 1] as number)] === next) at++;
        continue;
      }
      if (next >= INVALID) isValid = false;
      state = next & STATE;
      const action = next & ACTION;
      if (action === COMMA) state = containers.top() ? KEY : VALUE;
      else if (action === OPEN_OBJECT || action === OPEN_ARRAY) open(action === OPEN_OBJECT);
      else if (action === CLOSE_OBJECT || action === CLOSE_ARRAY) {
        if (close(action === CLOSE_OBJECT)) return at;
      } else if (action === SECRET) {
        secretDepth = depth;
        return skipSecret(chunk, at + 1);
      } else if (action !== 0) at--;
      next = state;
    }
    state = next;
    return end;
  }

  /** The same of the value of a secret member, a byte at a time. */
  function skipSecret(chunk: Uint8Array, from: number): number {
    for (let at = from; at < chunk.length; at++) {
      const before = state;
      const next = TABLE[(before << 8) | (chunk[at] as number)] as number;
      if (next >= INVALID) isValid = false;
      state = next & STATE;
      const action = next & ACTION;
      const isOfIts = depth === secretDepth;
      if (action === 0) {
        if (isInValue(before) && isInValue(state)) chunk[at] = maskOfText;
        else if (isInNumber(state)) chunk[at] = maskOfNumber(chunk[at] as number);
      } else if (action === COMMA) {
        state = containers.top() ? KEY : VALUE;
        if (isOfIts) return skipOn(chunk, at + 1);
      } else if (action === OPEN_OBJECT || action === OPEN_ARRAY) open(action === OPEN_OBJECT);
      else if (action === CLOSE_OBJECT || action === CLOSE_ARRAY) {
        const isObject = action === CLOSE_OBJECT;
        const isItsEnd = isOfIts && containers.top() === isObject;
        if (close(isObject)) {
          secretDepth = null;
          return at;
        }
        if (isItsEnd) return skipOn(chunk, at + 1);
      } else if (action !== SECRET) at--;
    }
    return chunk.length;
  }

  function skipOn(chunk: Uint8Array, from: number): number {
    secretDepth = null;
    return skip(chunk, from);
  }

  return {
    begin(isSecret) {
      depth = 0;
      secretDepth = isSecret ? OUTSIDE : null;
      state = containers.top() ? KEY_OR_END : VALUE_OR_END;
    },
    skip,
    isValid: () => isValid,
    isMasking: () => secretDepth !== null && (isInValue(state) || isInNumber(state)),
  };
}

type BitStack = {
  depth: () => number;
  /** False when the stack is empty. */
  top: () => boolean;
  push: (bit: boolean) => void;
  pop: () => void;
};

/** A stack of booleans that takes a bit each: documents may nest as deep as they are long. */
export function createBitStack(): BitStack {
  let words = new Uint32Array(4);
  let depth = 0;
  let top = false;
  const bitAt = (at: number) => at >= 0 && ((words[at >>> 5] as number) >>> (at & 31)) % 2 === 1;
  return {
    depth: () => depth,
    top: () => top,
    push(bit) {
      if (depth >>> 5 === words.length) {
        const larger = new Uint32Array(words.length * 2);
        larger.set(words);
        words = larger;
      }
      const mask = 1 << (depth & 31);
      const word = words[depth >>> 5] as number;
      words[depth >>> 5] = bit ? word | mask : word & ~mask;
      depth++;
      top = bit;
    },
    pop() {
      depth--;
      top = bitAt(depth - 1);
    },
  };
}
