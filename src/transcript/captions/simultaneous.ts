import { withLabel, withoutLabel } from "../formats/label.ts";
import type { CueLimits } from "./caption-options.ts";
import { cut } from "./cut.ts";
import { DASH, type Draft, draftOf, type Turn } from "./drafts.ts";
import type { Piece } from "./pieces.ts";

const READABLE_MS = 1000;
/** A cue shown for less is seen, but not read. */
const FLASH_MS = 700;
/** Less speech at once is a turn that begins a little early. */
const TALK_OVER_MS = 300;
/** How long before it is said a turn may be shown beside another. */
const MAX_LEAD_MS = 1500;

/** What two drafts become: what is shown first, and what is to come again. */
type Combined = { shown: Draft; rests: Draft[] };

/**
 * Puts two who talk at once into one cue, each on lines of its own, where the first could not be read
 * before the second begins. Takes drafts in order of time and gives them back so, cut anew where both
 * do not fit; a call without a draft gives the rest. Needs at least two lines.
 */
export function pairing(limits: CueLimits): (next?: Draft) => Draft[] {
  const half: CueLimits = {
    ...limits,
    maxChars: limits.maxChars - DASH.length,
    maxLines: Math.floor(limits.maxLines / 2),
  };
  const rests: Draft[] = [];
  let held: Draft | undefined;

  function step(next: Draft, ready: Draft[]): void {
    const combined =
      held !== undefined && half.maxLines > 0 ? combine(held, next, limits, half) : null;
    if (combined === null) {
      if (held !== undefined) ready.push(held);
      held = next;
      return;
    }
    ready.push(combined.shown);
    held = undefined;
    for (const rest of combined.rests) {
      const at = rests.findIndex(({ startMs }) => startMs > rest.startMs);
      rests.splice(at === -1 ? rests.length : at, 0, rest);
    }
  }

  return (next) => {
    const ready: Draft[] = [];
    const untilMs = next?.startMs ?? Infinity;
    while (rests.length > 0 && rests[0]!.startMs <= untilMs) step(rests.shift()!, ready);
    if (next !== undefined) step(next, ready);
    else if (held !== undefined) ready.push(held);
    return ready;
  };
}

/** Two drafts as they are shown where both are to be read; null where one after the other will do. */
function combine(first: Draft, second: Draft, limits: CueLimits, half: CueLimits): Combined | null {
  const [one] = first.turns;
  const [other] = second.turns;
  if (one.voice === other.voice || !isTooFast(first, second)) return null;
  const [pieces, otherPieces] = [withoutLabel(one.pieces), withoutLabel(other.pieces)];
  if ([...pieces, ...otherPieces].some(({ width }) => width > half.maxChars)) return null;
  const [all, otherAll] = [named(one, pieces, half), named(other, otherPieces, half)];
  if (all === null || otherAll === null) return null;
  if (second.startMs - first.startMs >= MAX_LEAD_MS) {
    if (first.endMs - second.startMs < FLASH_MS) return null;
    return alone(one, startsBefore(pieces, second.startMs), second, limits);
  }
  const parts = cut(all, half);
  const otherParts = cut(otherAll, half);
  // Where lines are full, both go on in the next cue.
  const fullMs = Math.min(startOf(parts[1]), startOf(otherParts[1]));
  if (fullMs <= second.startMs) return alone(one, withoutLabel(parts[0]!).length, second, limits);
  const count = countBefore(pieces, parts, fullMs);
  const otherCount = countBefore(otherPieces, otherParts, fullMs);
  const turns = [
    { ...one, pieces: all.slice(0, count + all.length - pieces.length) },
    { ...other, pieces: otherAll.slice(0, otherCount + otherAll.length - otherPieces.length) },
  ] as const;
  return {
    shown: draftOf(turns, limits),
    rests: [
      ...draftsOf({ ...one, pieces: pieces.slice(count) }, limits),
      ...draftsOf({ ...other, pieces: otherPieces.slice(otherCount) }, limits),
    ],
  };
}

/** Whether the first could not be read before the second begins, who talks over it or at once after it. */
function isTooFast(first: Draft, second: Draft): boolean {
  const availableMs = second.startMs - first.startMs;
  if (availableMs >= Math.max(READABLE_MS, first.readMs)) return false;
  const overlapMs = Math.min(first.endMs, second.endMs) - second.startMs;
  const shorterMs = Math.min(first.endMs - first.startMs, second.endMs - second.startMs);
  const isTalkOver = overlapMs > 0 && overlapMs >= Math.min(TALK_OVER_MS, shorterMs / 2);
  return isTalkOver || availableMs < FLASH_MS;
}

/** The first pieces of a turn by themselves; the others come again, as the second does. */
function alone(turn: Turn, count: number, second: Draft, limits: CueLimits): Combined | null {
  const pieces = withoutLabel(turn.pieces);
  if (count === 0 || count === pieces.length) return null;
  const shown = draftOf([{ ...turn, pieces: pieces.slice(0, count) }], limits);
  return { shown, rests: [...draftsOf({ ...turn, pieces: pieces.slice(count) }, limits), second] };
}

function draftsOf(turn: Turn, limits: CueLimits): Draft[] {
  return turn.pieces.length === 0 ? [] : [draftOf([turn], limits)];
}

/** The pieces with the speaker's name, where there is one; null where that has no room. */
function named(
  { label }: Turn,
  pieces: readonly Piece[],
  half: CueLimits,
): readonly Piece[] | null {
  if (label === null) return pieces;
  const labelled = withLabel(label, pieces, half, (half.maxChars + DASH.length) / 2);
  return labelled === pieces ? null : labelled;
}

const startOf = (part: readonly Piece[] | undefined): number => part?.[0]?.startMs ?? Infinity;

const startsBefore = (pieces: readonly Piece[], ms: number): number =>
  pieces.filter(({ startMs }) => startMs < ms).length;

/** How many pieces are shown: all that fit, or those of the first part that begin in time, at least one. */
function countBefore(
  pieces: readonly Piece[],
  parts: readonly (readonly Piece[])[],
  ms: number,
): number {
  if (parts.length === 1) return pieces.length;
  const most = withoutLabel(parts[0]!).length;
  return Math.max(1, Math.min(most, startsBefore(pieces, ms)));
}
