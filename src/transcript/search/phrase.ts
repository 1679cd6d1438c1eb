/** A sequence of tokens to look for. */
export type Phrase = {
  length: number;
  /** How many of its first tokens have come, when `matched` of them had and `key` comes next. */
  advance: (matched: number, key: string) => number;
};

/** The automaton of Knuth, Morris and Pratt (1977): linear in all tokens, whatever they repeat. */
export function phrase(keys: readonly string[]): Phrase {
  const fallback = new Int32Array(keys.length);
  const advance = (matched: number, key: string): number => {
    let length = matched;
    while (length > 0 && keys[length] !== key) length = fallback[length - 1]!;
    return keys[length] === key ? length + 1 : 0;
  };
  for (let i = 1; i < keys.length; i++) fallback[i] = advance(fallback[i - 1]!, keys[i]!);
  return { length: keys.length, advance };
}
