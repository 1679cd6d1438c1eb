import { fold } from "../search/tokens.ts";
import { bareLength } from "./spacing.ts";
import {
  charsOf,
  EXACT_SECONDS,
  isSame,
  isWithin,
  keyOf,
  type SpokenWord,
  secondsApart,
  spellMost,
  timedAt,
  type WordGroup,
} from "./spoken-words.ts";

/** Words this far outside a group's time may still be its own. */
export const REACH_SECONDS = 1;
/** Words of the channel that are compared with one of a group. */
const MAX_COMPARED = 256;
/** Words after which those of a time are taken to be over: a single one can have a wrong time. */
export const LATER_WORDS = 8;
/** Words shown outside the groups, with which those of later groups are compared. */
const MAX_SHOWN = 4096;

/** A word of the channel, and the group that has it. */
export type Entry = { spoken: SpokenWord; owner: OpenGroup | null };

/** A group whose words are being found. */
export type OpenGroup = {
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

/** Where groups look for their words. */
type Place = {
  /** Those of the channel that the groups may have. */
  near: readonly Entry[];
  shown: ShownWords;
  /** Seconds: when the last word ended that was shown. */
  clock: number;
};

/** The words of a channel that were shown outside its groups: the last thousands of them. */
type ShownWords = ReturnType<typeof createShownWords>;

export function createShownWords() {
  const words: SpokenWord[] = [];
  let forgottenUntil = -Infinity;
  return {
    add(spoken: SpokenWord): void {
      words.push(spoken);
      if (words.length <= MAX_SHOWN) return;
      const forgotten = words.splice(0, MAX_SHOWN / 2);
      for (const { word } of forgotten) forgottenUntil = Math.max(forgottenUntil, word.end);
    },
    all: (): readonly SpokenWord[] => words,
    /** Whether words of that time are forgotten. */
    isForgotten: (seconds: number): boolean => seconds < forgottenUntil,
    /** Whether a word that a group lists was shown. */
    has(listed: SpokenWord): boolean {
      const isForgotten = listed.isTimed && listed.word.start < forgottenUntil;
      return isForgotten || words.some((spoken) => isSame(spoken, listed));
    },
  };
}

/**
 * Finds the words of groups, among those of their channel:
 *
 * - A word that a group lists is the channel's word that is spelled alike, at most half a second away;
 *   where either has no time, the next one spelled alike. Its time, speaker and language are the
 *   channel's.
 * - A group that lists no words, or others than it spells, has the words that spell its text, in their
 *   order; where none do, those whose middle lies in its time.
 */
export function claimWords(open: readonly OpenGroup[], place: Place): void {
  const [listing, others] = [open.filter(listsAll), open.filter((one) => !listsAll(one))];
  for (const one of listing) claimListed(one, place);
  claimSpelled(open, place);
  for (const one of others) {
    if (one.isClaimed) continue;
    claimListed(one, place);
    if (spellMost(charsOf(one.words), one.group.text.length)) continue;
    const isFree = ({ spoken, owner }: Entry) => owner === null && isWithin(spoken.word, one.group);
    claimAll(one, place.near.filter(isFree), place.clock);
  }
}

/** Whether the words that a group lists are as long as its text. */
function listsAll({ group: { text, words } }: OpenGroup): boolean {
  if (words.length === 0) return false;
  const chars = words.reduce((sum, { word }) => sum + bareLength(word.text), 0);
  return text === "" || chars === bareLength(text);
}

function claimListed(one: OpenGroup, { near, shown, clock }: Place): void {
  let from = 0;
  for (const listed of one.group.words) {
    while (from < near.length && !mayBe(near[from]!, listed)) from++;
    const found = sameIn(near, from, listed);
    if (found !== null) {
      found.spoken = merged(found.spoken, listed);
      claimAll(one, [found], clock);
    } else if (shown.has(listed) || isOfAnother(near, from, one, listed)) {
      one.isShortened = true;
    } else {
      one.words.push(listed);
      one.others.push(listed);
    }
  }
}

/** For groups of which no word is found yet: the words in their time, or near it, or shown before. */
function claimSpelled(open: readonly OpenGroup[], { near, shown, clock }: Place): void {
  const before = () => shown.all().map((spoken): Entry => ({ spoken, owner: null }));
  const attempts: [slack: number, entries: () => readonly Entry[]][] = [
    [0, () => near],
    [REACH_SECONDS, () => near],
    [0, () => [...before(), ...near]],
  ];
  for (const [slack, entries] of attempts) {
    for (const one of open) {
      if (one.isClaimed || one.isShortened) continue;
      const found = spelling(one.group, entries(), slack);
      if (found.length === 0) continue;
      [one.words, one.others] = [[], []];
      const own = found.filter((entry) => near.includes(entry));
      claimAll(one, own, clock);
      one.isShortened = own.length < found.length;
    }
  }
}

function claimAll(one: OpenGroup, entries: readonly Entry[], clock: number): void {
  const { group, words } = one;
  for (const entry of entries) {
    entry.owner = one;
    const after = words.at(-1)?.word.end ?? clock;
    const at = Math.min(group.end, Math.max(group.start, after, entry.spoken.word.start));
    if (!entry.spoken.isTimed) entry.spoken = timedAt(at, entry.spoken);
    words.push(entry.spoken);
    one.isClaimed = true;
  }
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
function isOfAnother(
  near: readonly Entry[],
  from: number,
  one: OpenGroup,
  listed: SpokenWord,
): boolean {
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
  // A new line that the first word of the next group brought with it.
  const isLine = spoken.word.text.endsWith("\n") && !listed.word.text.endsWith("\n");
  const text = isLine ? `${listed.word.text}\n` : listed.word.text;
  const confidence = spoken.word.confidence ?? listed.word.confidence;
  return {
    word: { text, start, end, confidence },
    speaker: spoken.speaker ?? listed.speaker,
    language: spoken.language ?? listed.language,
    isTimed: spoken.isTimed || listed.isTimed,
  };
}

/** The free words that spell a group's text, others among them left out; none where they do not. */
function spelling(
  { text, start, end }: WordGroup,
  near: readonly Entry[],
  slack: number,
): readonly Entry[] {
  const span = { start: start - slack, end: end + slack };
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

/** A part of a channel's words, in which groups are looked for, one after another. */
type WordWindow = {
  /** Whether words are needed that were forgotten. */
  isPast: (group: WordGroup) => boolean;
  /** Whether the words given are enough. */
  isReady: (group: WordGroup) => boolean;
  give: (words: readonly SpokenWord[]) => void;
  end: () => void;
  /** Whether at least half of the words are there that a group lists. */
  has: (group: WordGroup) => boolean;
};

/** Forgets the words before the last group looked for. */
export function wordWindow(): WordWindow {
  let words: SpokenWord[] = [];
  let isLast = false;
  let from = -Infinity;
  return {
    isPast: ({ start }) => start < from,
    isReady: ({ end }) => {
      const later = words.slice(-LATER_WORDS);
      const isOver = later.every(
        ({ word, isTimed }) => isTimed && word.start > end + REACH_SECONDS,
      );
      const isEnough = later.length === LATER_WORDS && isOver;
      return isLast || isEnough || words.length >= MAX_SHOWN;
    },
    give(more) {
      words.push(...more);
    },
    end() {
      isLast = true;
    },
    has(group) {
      from = group.start;
      const early = words.findIndex(
        ({ word, isTimed }) => !isTimed || word.end >= from - REACH_SECONDS,
      );
      words = early === -1 ? [] : words.slice(early);
      const found = group.words.filter((listed) => words.some((word) => isSame(word, listed)));
      return found.length >= group.words.length / 2;
    },
  };
}
