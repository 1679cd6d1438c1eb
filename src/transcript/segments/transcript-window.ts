/** How far from where it is expected text is looked for, in characters without white space. */
const REACH_CHARS = 2_000;
/** How far the expected place may move away from the count of what was said. */
const MAX_DRIFT_CHARS = 10_000;
/** Longer text is not looked for. */
const MAX_SOUGHT_CHARS = 20_000;
/** A shorter match may be one by chance: it does not move the expected place. */
const SURE_CHARS = 8;
/** So much is forgotten at a time. */
const FORGET_CHARS = 65_536;

const SPACE = /\s/;

/** The part of a channel's transcript around what is being written. */
export type TranscriptWindow = {
  /** Adds the next part of the transcript. */
  add: (part: string) => void;
  /** Up to which character, counted without white space, the transcript must be there to look for text. */
  neededTo: (said: number, chars: number) => number;
  /** Forgets what is too far before this place to be looked at any more. */
  forget: (said: number) => void;
  /** How many characters without white space have been added. */
  length: () => number;
  /**
   * The text with the white space that the transcript has, `said` characters (without white space)
   * being said before it; null where the transcript does not have it near there. `bare` and both counts are
   * UTF-16 units without white space.
   */
  find: (bare: string, said: number) => string | null;
};

/** Keeps a bounded part of a transcript. Calls of `find` must go forward. */
export function transcriptWindow(): TranscriptWindow {
  let bare = "";
  /** Indices in `bare` before which the transcript has white space. */
  let gaps = new Set<number>();
  let dropped = 0;
  let drift = 0;
  let isGap = false;

  function forget(said: number): void {
    const count = said - MAX_DRIFT_CHARS - REACH_CHARS - dropped;
    if (count < FORGET_CHARS) return;
    bare = bare.slice(count);
    gaps = new Set([...gaps].filter((at) => at >= count).map((at) => at - count));
    dropped += count;
  }

  function indexOf(sought: string, expected: number): number {
    if (bare.startsWith(sought, expected) && expected >= 0) return expected;
    const from = Math.max(0, expected - REACH_CHARS);
    const near = bare.slice(from, expected + REACH_CHARS + sought.length);
    const found = near.indexOf(sought);
    return found === -1 ? -1 : from + found;
  }

  function spaced(from: number, to: number): string {
    let text = "";
    let start = from;
    for (let at = from + 1; at < to; at++) {
      if (!gaps.has(at)) continue;
      text += `${bare.slice(start, at)} `;
      start = at;
    }
    return text + bare.slice(start, to);
  }

  return {
    add(part) {
      for (const token of part.split(/(\s+)/)) {
        if (token === "") continue;
        if (SPACE.test(token[0]!)) isGap = true;
        else {
          if (isGap) gaps.add(bare.length);
          isGap = false;
          bare += token;
        }
      }
    },
    neededTo: (said, chars) => said + MAX_DRIFT_CHARS + REACH_CHARS + chars,
    forget,
    length: () => dropped + bare.length,
    find(sought, said) {
      if (sought === "" || sought.length > MAX_SOUGHT_CHARS) return null;
      const at = indexOf(sought, said + drift - dropped);
      if (at === -1) return null;
      const moved = at + dropped - said;
      if (sought.length >= SURE_CHARS && Math.abs(moved) <= MAX_DRIFT_CHARS) drift = moved;
      return spaced(at, at + sought.length);
    },
  };
}
