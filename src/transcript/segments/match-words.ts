import {
  claimWords,
  createShownWords,
  type Entry,
  LATER_WORDS,
  type OpenGroup,
  REACH_SECONDS,
} from "./claim-words.ts";
import type { Segment } from "./segment.ts";
import {
  areEqual,
  charsOf,
  isAtOnce,
  isSame,
  isWithin,
  middleOf,
  type SpokenWord,
  spellMost,
  timedAt,
  type WordGroup,
} from "./spoken-words.ts";
import { groupSegments, isSpelledBy, type Origin, wordGrouper } from "./words-to-segments.ts";

/** Groups that overlap are matched together, so many at most. */
const MAX_OVERLAPPING = 64;
/** Words without times that are looked through beyond the length of a group. */
const SPARE_WORDS = 64;
/** Words that only groups have, with which later words of the channel are compared. */
const MAX_OWED = 512;

/** Brings the words of a channel together with its groups; both come bit by bit. */
export type WordMatcher = {
  /** Whether a group overlaps those that are open, and is matched with them; else close these first. */
  joins: (group: WordGroup) => boolean;
  /** Opens a group. */
  add: (group: WordGroup) => void;
  /** Takes the next words. */
  give: (words: readonly SpokenWord[]) => void;
  /** No more words will be given. */
  end: () => void;
  /**
   * Finds the words of the open groups; null where more words must be given first. Returns those that
   * list words, of which the channel has none.
   */
  claim: () => WordGroup[] | null;
  /** After `claim`: shows the open groups but the strays, and the words among them. */
  close: (strays: readonly WordGroup[]) => void;
  /** Shows all words given, when no group is to come. */
  rest: () => void;
  /** The segments that were made since the last call. */
  take: () => Segment[];
  /** How many words are held. */
  held: () => number;
};

/**
 * Shows each word of a channel once: in the utterance or sentence that lists or spells it, as `claimWords`
 * says, between two words of one that left it out, or else by itself. Groups come nearly in order of time.
 *
 * - A word of the channel at the time of a word that only a group has is taken for the same, spelled
 *   otherwise, and is not shown.
 * - A group that comes so late that its words were shown by themselves is left out.
 */
export function matchWords(origin: Origin): WordMatcher {
  const outside = wordGrouper(origin);
  const shown = createShownWords();
  const pending: SpokenWord[] = [];
  let isLast = false;
  let open: OpenGroup[] = [];
  let openStart = 0;
  let openEnd = 0;
  let owed: SpokenWord[] = [];
  let made: Segment[] = [];
  /** Those of the pending words that the open groups may have. */
  let near: Entry[] = [];
  /** Seconds: when the last word ended that was shown. */
  let clock = 0;

  /** How many pending words the open groups may have; null where that cannot be told yet. */
  function reach(): number | null {
    let untimed = SPARE_WORDS;
    for (const { group } of open) untimed += Math.max(group.words.length, group.text.length);
    let later = 0;
    for (const [index, { word, isTimed }] of pending.entries()) {
      if (!isTimed) untimed--;
      later = isTimed && word.start > openEnd + REACH_SECONDS ? later + 1 : 0;
      if (later === LATER_WORDS || untimed === 0) return index + 1 - later;
    }
    return isLast ? pending.length : null;
  }

  /** Whether a word that no group has is to be shown: not where a group showed it in another spelling. */
  function isShown(spoken: SpokenWord): boolean {
    const at = owed.findIndex((word) => isSame(word, spoken));
    if (at !== -1) owed.splice(at, 1);
    if (at !== -1 || owed.some((word) => isAtOnce(word, spoken))) return false;
    shown.add(spoken);
    return true;
  }

  function showFirst(count: number): void {
    const words = pending.splice(0, count).filter(isShown);
    made.push(...outside.push(words.map(inTime)));
  }

  /** A word without a time follows the word that was shown before it. */
  function inTime(spoken: SpokenWord): SpokenWord {
    const placed = spoken.isTimed ? spoken : timedAt(Math.max(clock, spoken.word.start), spoken);
    clock = placed.word.end;
    return placed;
  }

  /** Shows the words that come before any open group. */
  function showEarly(): void {
    const before = (open.length === 0 ? 0 : openStart) - REACH_SECONDS;
    const count = pending.findIndex(({ word, isTimed }) => !isTimed || word.end >= before);
    if (count !== 0) showFirst(count === -1 ? pending.length : count);
  }

  /**
   * Most groups are alone and list the very words that come next: no others need be looked at. False
   * where that is not so, null where more words must be given to tell.
   */
  function claimNext(): boolean | null {
    const [one, another] = open;
    if (one === undefined || another !== undefined || one.group.words.length === 0) return false;
    const { text, words } = one.group;
    const count = Math.min(words.length, pending.length);
    for (let i = 0; i < count; i++) if (!areEqual(words[i]!, pending[i]!)) return false;
    if (text !== "" && !isSpelledBy(text, words)) return false;
    if (count < words.length) return isLast ? false : null;
    pending.splice(0, count);
    one.words.push(...words);
    one.isClaimed = true;
    clock = words.at(-1)!.word.end;
    return true;
  }

  /** Whether a group is to be left out: all it says was shown before. */
  function isLate({ group, words, isClaimed, isShortened }: OpenGroup): boolean {
    if (isShortened) return words.length === 0;
    if (isClaimed || words.length > 0) return false;
    if (shown.isForgotten(group.start)) return true;
    const others = shown.all().filter(({ word }) => isWithin(word, group));
    return spellMost(charsOf(others), group.text.length);
  }

  /** Before which word each open group begins. */
  const beginOf = (one: OpenGroup): number => {
    const own = near.findIndex(({ owner }) => owner === one);
    if (own !== -1) return own;
    return near.findLastIndex(({ spoken }) => middleOf(spoken.word) < one.group.start) + 1;
  };

  /** The open groups, and the words among them that none has. */
  function closeAround(): void {
    const parts: (Segment[] | OpenGroup)[] = [];
    const begins = open.map(beginOf);
    const to = Math.max(0, ...begins, 1 + near.findLastIndex(({ owner }) => owner !== null));
    /** Out of order, for a group to come. */
    const later: SpokenWord[] = [];
    let before: Entry | undefined;
    for (let i = 0; i <= to; i++) {
      for (const [number, one] of open.entries()) {
        if (begins[number] === i) parts.push(outside.end(), one);
      }
      const entry = near[i];
      if (entry === undefined || i === to) continue;
      if (entry.owner === null) {
        const after = near.slice(i, to).find(({ owner }) => owner !== null);
        if (isAfter(entry.spoken, openEnd, after?.spoken)) {
          later.push(entry.spoken);
          continue;
        }
        if (!isShown(entry.spoken)) continue;
        if (before === undefined || before.owner !== after?.owner) {
          parts.push(outside.push([inTime(entry.spoken)]));
          continue;
        }
        entry.spoken = inTime(entry.spoken);
        const { words } = before.owner!;
        words.splice(words.indexOf(before.spoken) + 1, 0, entry.spoken);
        entry.owner = before.owner;
      }
      clock = entry.spoken.word.end;
      before = entry;
    }
    pending.splice(0, to, ...later);
    for (const part of parts) {
      if (Array.isArray(part)) made.push(...part);
      else if (!isLate(part)) made.push(...segmentsOf(part, origin));
    }
  }

  return {
    joins({ start, end }) {
      if (open.length === 0 || open.length >= MAX_OVERLAPPING) return false;
      const isPoint = start === end || open.some(({ group }) => group.start === group.end);
      return isPoint ? start <= openEnd && openStart <= end : start < openEnd && openStart < end;
    },
    add(group) {
      const isFirst = open.length === 0;
      openStart = isFirst ? group.start : Math.min(openStart, group.start);
      openEnd = isFirst ? group.end : Math.max(openEnd, group.end);
      open.push({ group, words: [], others: [], isClaimed: false, isShortened: false });
    },
    give(words) {
      for (const spoken of words) pending.push(spoken);
      showEarly();
    },
    end() {
      isLast = true;
    },
    claim() {
      showEarly();
      const isNext = claimNext();
      if (open.length === 0 || isNext) return [];
      const count = isNext === null ? null : reach();
      if (count === null) return null;
      near = pending.slice(0, count).map((spoken) => ({ spoken, owner: null }));
      claimWords(open, { near, shown, clock });
      return open
        .filter(
          ({ isClaimed, isShortened, others }) => !isClaimed && !isShortened && others.length > 0,
        )
        .map(({ group }) => group);
    },
    close(strays) {
      open = open.filter(({ group }) => !strays.includes(group));
      owed = [...owed, ...open.flatMap(({ others }) => others)].slice(-MAX_OWED);
      closeAround();
      [open, near] = [[], []];
    },
    rest() {
      showFirst(pending.length);
      if (isLast) made.push(...outside.end());
    },
    take() {
      const taken = made;
      made = [];
      return taken;
    },
    held: () => pending.length,
  };
}

function segmentsOf({ group, words, isShortened }: OpenGroup, origin: Origin): Segment[] {
  if (!isShortened) return groupSegments(group, words, origin);
  // Some of its words were shown before.
  const start = Math.min(...words.map(({ word }) => word.start));
  const end = Math.max(...words.map(({ word }) => word.end));
  return groupSegments({ ...group, text: "", start, end }, words, origin);
}

/** Whether a word comes after groups that end at a time, though one of theirs is listed after it. */
function isAfter(
  { word, isTimed }: SpokenWord,
  end: number,
  next: SpokenWord | undefined,
): boolean {
  if (!isTimed || middleOf(word) < end) return false;
  return middleOf(word) > end || (next?.isTimed === true && next.word.start < word.start);
}
