import { fold } from "../search/tokens.ts";
import { groupSegments } from "./group-segments.ts";
import { type Origin, wordGrouper } from "./group-words.ts";
import type { Segment, Word } from "./segment.ts";
import { bareLength } from "./spacing.ts";
import { charsOf, type SpokenWord, spellMost } from "./spoken-words.ts";
import type { WordGroup } from "./word-groups.ts";

/** Words this far outside a group's time may still be its own. */
export const REACH_SECONDS = 1;
/** Times of the same word may differ by this much: one of the lists may have them rounded. */
const SAME_SECONDS = 0.5;
const EXACT_SECONDS = 0.02;
/** Groups that overlap are matched together, so many at most. */
const MAX_OVERLAPPING = 64;
/** Words after which those of a time are taken to be over: a single one can have a wrong time. */
export const LATER_WORDS = 8;
/** Words without times that are looked through beyond the length of a group. */
const SPARE_WORDS = 64;
/** Words of the channel that are compared with one of a group. */
const MAX_COMPARED = 256;
/** Words shown outside the groups, with which those of later groups are compared. */
export const MAX_SHOWN = 4096;
/** Words that only groups have, with which later words of the channel are compared. */
const MAX_OWED = 512;

type Entry = { spoken: SpokenWord; owner: Open | null };
type Open = {
  group: WordGroup;
  /** In the order in which they are shown. */
  words: SpokenWord[];
  /** Those of them that the channel does not have. */
  others: SpokenWord[];
  /** Whether the channel has any of its words. */
  isClaimed: boolean;
  /** Whether some of its words were shown before by themselves. */
  isShortened: boolean;
};

/** Brings the words of a channel together with its groups; both come bit by bit. */
export type WordMatcher = {
  /** Whether a group overlaps those that are open, and is matched with them; else close these first. */
  joins: (group: WordGroup) => boolean;
  /** Opens a group. */
  add: (group: WordGroup) => void;
  /** Whether the words given are enough to close the open groups. */
  isReady: () => boolean;
  /** The next words; returns the segments of those before any open group. */
  give: (words: readonly SpokenWord[]) => Segment[];
  /** No more words will be given. */
  end: () => void;
  /** Finds the words of the open groups. Returns those that list words, of which the channel has none. */
  claim: () => WordGroup[];
  /** After `claim`: the segments of the open groups but the strays, and of the words among them. */
  close: (strays: readonly WordGroup[]) => Segment[];
  /** The segments of all words given, when no group is to come. */
  rest: () => Segment[];
  /** How many words are held. */
  held: () => number;
};

/**
 * Shows each word of a channel once: in the utterance or sentence that lists or spells it, between two
 * words of one that left it out, or else by itself. Groups come nearly in order of time.
 *
 * - A word that a group lists is the channel's word that is spelled alike, at most half a second away;
 *   where either has no time, the next one spelled alike. Its time, speaker and language are the
 *   channel's.
 * - A group that lists no words, or others than it spells, has the words that spell its text, in their
 *   order; where none do, those whose middle lies in its time.
 * - A word of the channel at the time of a word that only a group has is taken for the same, spelled
 *   otherwise, and is not shown.
 * - A group that comes so late that its words were shown by themselves is left out.
 */
export function matchWords(origin: Origin): WordMatcher {
  const outside = wordGrouper(origin);
  const pending: Entry[] = [];
  let isLast = false;
  let open: Open[] = [];
  let openStart = 0;
  let openEnd = 0;
  const shown: SpokenWord[] = [];
  let forgottenUntil = -Infinity;
  let owed: SpokenWord[] = [];
  let early: Segment[] = [];
  /** Those of the pending words that the open groups may have. */
  let near: Entry[] = [];
  /** Seconds: when the last word ended that was shown. */
  let clock = 0;

  /** How many pending words the open groups may have; null where that cannot be told yet. */
  function reach(): number | null {
    let untimed = SPARE_WORDS;
    for (const { group } of open) untimed += Math.max(group.words.length, group.text.length);
    let later = 0;
    for (const [index, { spoken }] of pending.entries()) {
      if (!spoken.isTimed) untimed--;
      later = spoken.isTimed && spoken.word.start > openEnd + REACH_SECONDS ? later + 1 : 0;
      if (later === LATER_WORDS || untimed === 0) return index + 1 - later;
    }
    return isLast ? pending.length : null;
  }

  /** Whether a word that no group has is to be shown: not where a group showed it in another spelling. */
  function isShown(spoken: SpokenWord): boolean {
    const at = owed.findIndex((word) => isSame(word, spoken));
    if (at !== -1) owed.splice(at, 1);
    if (at !== -1 || owed.some((word) => isAtOnce(word, spoken))) return false;
    shown.push(spoken);
    if (shown.length > MAX_SHOWN) {
      const forgotten = shown.splice(0, MAX_SHOWN / 2);
      for (const { word } of forgotten) forgottenUntil = Math.max(forgottenUntil, word.end);
    }
    return true;
  }

  function showFirst(count: number): Segment[] {
    const words = pending.splice(0, count).map(({ spoken }) => spoken);
    return outside.push(words.filter(isShown).map(inTime));
  }

  /** A word without a time follows the word that was shown before it. */
  function inTime(spoken: SpokenWord): SpokenWord {
    const placed = spoken.isTimed ? spoken : timedAt(Math.max(clock, spoken.word.start), spoken);
    clock = placed.word.end;
    return placed;
  }

  /** Shows the words that come before any open group. */
  function showEarly(): Segment[] {
    const before = (open.length === 0 ? 0 : openStart) - REACH_SECONDS;
    const count = pending.findIndex(({ spoken }) => !spoken.isTimed || spoken.word.end >= before);
    return showFirst(count === -1 ? pending.length : count);
  }

  function claimListed(one: Open): void {
    let from = 0;
    for (const listed of one.group.words) {
      while (from < near.length && !mayBe(near[from]!, listed)) from++;
      const found = sameIn(near, from, listed);
      if (found !== null) {
        found.spoken = merged(found.spoken, listed);
        claimAll(one, [found]);
      } else if (wasShown(listed) || isOfAnother(near, from, one, listed)) {
        one.isShortened = true;
      } else {
        one.words.push(listed);
        one.others.push(listed);
      }
    }
  }

  /** For groups of which no word is found yet: the words in their time, or near it, or shown before. */
  function claimSpelled(): void {
    const before = () => shown.map((spoken): Entry => ({ spoken, owner: null }));
    const attempts: [slack: number, entries: () => Entry[]][] = [
      [0, () => [...near]],
      [REACH_SECONDS, () => [...near]],
      [0, () => [...before(), ...near]],
    ];
    for (const [slack, entries] of attempts) {
      for (const one of open) {
        if (one.isClaimed || one.isShortened) continue;
        const found = spelling(one.group, entries(), slack);
        if (found.length === 0) continue;
        [one.words, one.others] = [[], []];
        const own = found.filter((entry) => near.includes(entry));
        claimAll(one, own);
        one.isShortened = own.length < found.length;
      }
    }
  }

  function claimAll(one: Open, entries: readonly Entry[]): void {
    for (const entry of entries) {
      entry.owner = one;
      const { group, words } = one;
      const after = words.at(-1)?.word.end ?? clock;
      const { start } = entry.spoken.word;
      const at = Math.min(group.end, Math.max(group.start, after, start));
      if (!entry.spoken.isTimed) entry.spoken = timedAt(at, entry.spoken);
      one.words.push(entry.spoken);
      one.isClaimed = true;
    }
  }

  function wasShown(listed: SpokenWord): boolean {
    const isForgotten = listed.isTimed && listed.word.start < forgottenUntil;
    return isForgotten || shown.some((spoken) => isSame(spoken, listed));
  }

  /** Whether a group is to be left out: all it says was shown before. */
  function isLate({ group, words, isClaimed, isShortened }: Open): boolean {
    if (isShortened) return words.length === 0;
    if (isClaimed || words.length > 0) return false;
    if (group.start < forgottenUntil) return true;
    const others = shown.filter(({ word }) => isWithin(word, group));
    return spellMost(charsOf(others), group.text.length);
  }

  /** The words among the open groups, and where these begin: before which word. */
  function closeAround(): Segment[] {
    const made: (Segment[] | Open)[] = [];
    const begins = open.map((one) => {
      const own = near.findIndex(({ owner }) => owner === one);
      if (own !== -1) return own;
      return near.findLastIndex(({ spoken }) => middleOf(spoken.word) < one.group.start) + 1;
    });
    const to = Math.max(0, ...begins, 1 + near.findLastIndex(({ owner }) => owner !== null));
    /** Out of order, for a group to come. */
    const later: Entry[] = [];
    let before: Entry | undefined;
    for (let i = 0; i <= to; i++) {
      for (const [number, one] of open.entries()) {
        if (begins[number] === i) made.push(outside.end(), one);
      }
      const entry = near[i];
      if (entry === undefined || i === to) continue;
      if (entry.owner === null) {
        const after = near.slice(i, to).find(({ owner }) => owner !== null);
        if (isAfter(entry.spoken, openEnd, after?.spoken)) {
          later.push(entry);
          continue;
        }
        if (!isShown(entry.spoken)) continue;
        if (before === undefined || before.owner !== after?.owner) {
          made.push(outside.push([inTime(entry.spoken)]));
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
    return made.flatMap((part) => {
      if (Array.isArray(part)) return part;
      if (isLate(part)) return [];
      const { group, words, isShortened } = part;
      return groupSegments(isShortened ? shortened(group, words) : group, words, origin);
    });
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
    isReady: () => open.length === 0 || reach() !== null,
    give(words) {
      for (const spoken of words) pending.push({ spoken, owner: null });
      return showEarly();
    },
    end() {
      isLast = true;
    },
    claim() {
      early = showEarly();
      near = pending.slice(0, reach() ?? pending.length);
      const [listing, others] = [open.filter(listsAll), open.filter((one) => !listsAll(one))];
      for (const one of listing) claimListed(one);
      claimSpelled();
      for (const one of others) {
        if (one.isClaimed) continue;
        claimListed(one);
        if (spellMost(charsOf(one.words), one.group.text.length)) continue;
        claimAll(
          one,
          near.filter(({ spoken, owner }) => owner === null && isWithin(spoken.word, one.group)),
        );
      }
      return open
        .filter(
          ({ isClaimed, isShortened, others }) => !isClaimed && !isShortened && others.length > 0,
        )
        .map(({ group }) => group);
    },
    close(strays) {
      open = open.filter(({ group }) => !strays.includes(group));
      owed = [...owed, ...open.flatMap(({ others }) => others)].slice(-MAX_OWED);
      const found = [...early, ...closeAround()];
      [open, near] = [[], []];
      return found;
    },
    rest() {
      const left = showFirst(pending.length);
      return isLast ? [...left, ...outside.end()] : left;
    },
    held: () => pending.length,
  };
}

function timedAt(seconds: number, spoken: SpokenWord): SpokenWord {
  const { text, confidence } = spoken.word;
  return { ...spoken, word: { text, start: seconds, end: seconds, confidence } };
}

/** A group of which some words were shown before. */
function shortened(group: WordGroup, words: readonly SpokenWord[]): WordGroup {
  const start = Math.min(...words.map(({ word }) => word.start));
  return { ...group, text: "", start, end: Math.max(...words.map(({ word }) => word.end)) };
}

const middleOf = ({ start, end }: Word): number => (start + end) / 2;

const isWithin = (word: Word, { start, end }: WordGroup): boolean =>
  start <= middleOf(word) && middleOf(word) <= end;

/** Whether two words are spelled alike and at nearly the same time. */
export function isSame(one: SpokenWord, other: SpokenWord): boolean {
  const apart = secondsApart(one, other);
  return apart <= SAME_SECONDS && isAlike(one.word.text, other.word.text);
}

function secondsApart(one: SpokenWord, other: SpokenWord): number {
  return one.isTimed && other.isTimed ? Math.abs(one.word.start - other.word.start) : 0;
}

const isAlike = (one: string, other: string): boolean =>
  one === other || keyOf(one) === keyOf(other);

/** What is compared of a text: its letters and digits, if it has any. */
const keyOf = (text: string): string => fold(text) || text;

/** Whether two words are spoken at the same time, for a part of it. */
function isAtOnce(one: SpokenWord, other: SpokenWord): boolean {
  if (!one.isTimed || !other.isTimed) return false;
  const [a, b] = [one.word, other.word];
  return a.start === b.start || (a.start < b.end && b.start < a.end);
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

/** Whether a word of the channel is still free, and not long before one of a group. */
function mayBe({ spoken, owner }: Entry, listed: SpokenWord): boolean {
  if (owner !== null) return false;
  if (!spoken.isTimed || !listed.isTimed) return true;
  return spoken.word.start >= listed.word.start - REACH_SECONDS;
}

/** The free word that is the same as one that a group lists: of several the nearest in time. */
function sameIn(near: readonly Entry[], from: number, listed: SpokenWord): Entry | null {
  let best: Entry | null = null;
  let least = Infinity;
  for (let i = from; i < near.length && i < from + MAX_COMPARED; i++) {
    const entry = near[i]!;
    if (entry.owner !== null || !isSame(entry.spoken, listed)) continue;
    const apart = secondsApart(entry.spoken, listed);
    if (apart <= EXACT_SECONDS) return entry;
    if (apart < least) [best, least] = [entry, apart];
  }
  return best;
}

/** Whether another group has a word that a group lists: utterances may repeat their border. */
function isOfAnother(near: readonly Entry[], from: number, one: Open, listed: SpokenWord): boolean {
  return near
    .slice(Math.max(0, from - MAX_COMPARED), from + MAX_COMPARED)
    .some(
      ({ spoken, owner }) =>
        owner !== null &&
        owner !== one &&
        spoken.isTimed &&
        listed.isTimed &&
        secondsApart(spoken, listed) <= EXACT_SECONDS &&
        isSame(spoken, listed),
    );
}

/** The channel's word, written as the group writes it. */
function merged(spoken: SpokenWord, listed: SpokenWord): SpokenWord {
  const { start, end } = (listed.isTimed && !spoken.isTimed ? listed : spoken).word;
  const confidence = spoken.word.confidence ?? listed.word.confidence;
  return {
    word: { text: listed.word.text, start, end, confidence },
    speaker: spoken.speaker ?? listed.speaker,
    language: spoken.language ?? listed.language,
    isTimed: spoken.isTimed || listed.isTimed,
  };
}

/** Whether the words that a group lists are as long as its text. */
function listsAll({ group: { text, words } }: Open): boolean {
  if (words.length === 0) return false;
  const chars = words.reduce((sum, { word }) => sum + bareLength(word.text), 0);
  return text === "" || chars === bareLength(text);
}

/** The free words that spell a group's text, others among them left out; none where they do not. */
function spelling({ text, start, end }: WordGroup, near: readonly Entry[], slack: number): Entry[] {
  const span = { start: start - slack, end: end + slack } as WordGroup;
  const free = near.filter(
    ({ spoken, owner }) => owner === null && (!spoken.isTimed || isWithin(spoken.word, span)),
  );
  const byStart = free.toSorted((a, b) => a.spoken.word.start - b.spoken.word.start);
  const [bare, key] = [text.replaceAll(" ", ""), keyOf(text)];
  return (
    spelled(bare, free, (word) => word) ??
    spelled(key, free, fold) ??
    spelled(key, byStart, fold) ??
    []
  );
}

/** The words of some that spell a text, the others left out; null where they do not. */
function spelled(
  text: string,
  free: readonly Entry[],
  keyOf: (word: string) => string,
): Entry[] | null {
  const found: Entry[] = [];
  let at = 0;
  for (const entry of free) {
    if (at === text.length) break;
    const key = keyOf(entry.spoken.word.text);
    if (!text.startsWith(key, at)) continue;
    found.push(entry);
    at += key.length;
  }
  return at === text.length ? found : null;
}
