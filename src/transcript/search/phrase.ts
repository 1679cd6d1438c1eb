/** A sequence of tokens to look for. */
export type Phrase = {
  length: number;
  /** How many of its first tokens have come, when `matched` of them had and `key` comes next. */
  advance: (matched: number, key: string) => number;
};

/**
 * The automaton of Knuth, Morris and Pratt (1977): linear in all tokens, whatever they repeat. With
 * `isPrefix` the last key is the beginning of a token; one that was met is then to be begun anew.
 */
export function phrase(keys: readonly string[], isPrefix = false): Phrase {
  const last = isPrefix ? keys.length - 1 : -1;
  const isMet = (key: string, at: number) =>
    at === last ? key.startsWith(keys[at]!) : key === keys[at];
  const fallback = new Int32Array(keys.length);
  const advance = (matched: number, key: string): number => {
    let length = matched;
    while (length > 0 && !isMet(key, length)) length = fallback[length - 1]!;
    return isMet(key, length) ? length + 1 : 0;
  };
  for (let i = 1; i < keys.length; i++) fallback[i] = advance(fallback[i - 1]!, keys[i]!);
  return { length: keys.length, advance };
}
