export type BitStack = {
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
