import type { BitStack } from "./bit-stack.ts";
import * as states from "./states.ts";

export type Passer = {
  /** Begins behind the bracket that opened the container on top of the stack. */
  begin: () => void;
  /** Goes on up to the bracket that ends it: gives its index, or the length of the chunk. */
  pass: (chunk: Uint8Array, from: number) => number;
  /** Whether all that was passed over is as it should be. */
  isValid: () => boolean;
};

/** Passes over containers that nobody looks into, as fast as can be, and judges them all the same. */
export function createPasser(containers: BitStack): Passer {
  const { STATE, ACTION, OPEN_OBJECT, OPEN_ARRAY, CLOSE_OBJECT, CLOSE_ARRAY, COMMA } = states;
  const { TABLE, INVALID, KEY, KEY_OR_END, VALUE, VALUE_OR_END, COMMA_OR_END } = states;
  let isValid = true;
  let state = VALUE_OR_END;
  let depth = 0;

  /** Whether the bracket ends what is passed over. */
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

  function pass(chunk: Uint8Array, from: number): number {
    const table = TABLE;
    const end = chunk.length;
    let next = state;
    for (let at = from; at < end; at++) {
      next = table[(next << 8) | (chunk[at] as number)] as number;
      if (next <= STATE) continue;
      if (next >= INVALID) isValid = false;
      state = next & STATE;
      const action = next & ACTION;
      if (action === COMMA) state = containers.top() ? KEY : VALUE;
      else if (action === OPEN_OBJECT || action === OPEN_ARRAY) open(action === OPEN_OBJECT);
      else if (action === CLOSE_OBJECT || action === CLOSE_ARRAY) {
        if (close(action === CLOSE_OBJECT)) return at;
      } else if (action !== 0) at--;
      next = state;
    }
    state = next;
    return end;
  }

  return {
    begin() {
      depth = 0;
      state = containers.top() ? KEY_OR_END : VALUE_OR_END;
    },
    pass,
    isValid: () => isValid,
  };
}
