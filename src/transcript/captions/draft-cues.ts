import { toMs } from "../../lib/times.ts";
import type { Voiced } from "../formats/speakers.ts";
import { sentenceSeparator } from "../segments/scripts.ts";
import type { Segment } from "../segments/segment.ts";
import { textWidth } from "./break-units.ts";
import { type CueLimits, cut, type Piece, pieces } from "./layout.ts";

/** What names the speaker in the text of a cue; null leaves the text alone. */
export type Labelling = (run: Run) => string | null;

/** What one speaker says in a cue. */
export type Turn = { voice: string | null; label: string | null; pieces: readonly Piece[] };

/** A cue that still has the times of its speech: of one speaker, or of two at once. */
export type Draft = {
  startMs: number;
  endMs: number;
  /** How long it takes to read. */
  readMs: number;
  turns: readonly [Turn] | readonly [Turn, Turn];
};

/** What stands before each of two turns that are shown at once. */
export const DASH = "- ";

/** Cuts one run after another into drafts, labelled where the label is another than before. */
export function createDrafter(limits: CueLimits, labelOf: Labelling): (run: Run) => Draft[] {
  let lastLabel: string | null = null;
  return (run) => {
    const label = labelOf(run);
    const { voice, pieces } = run;
    const named = label === null || label === lastLabel ? pieces : withLabel(label, pieces, limits);
    lastLabel = label;
    return cut(named, limits).map((part) => draftOf([{ voice, label, pieces: part }], limits));
  };
}

/**
 * Gives each draft, taken in order of time, the label it needs there: that order can put one voice's
 * cue between two of another. Two turns at once already have theirs.
 */
export function createRelabeller(limits: CueLimits): (draft: Draft) => Draft[] {
  let lastLabel: string | null = null;
  return (draft) => {
    const [turn, other] = draft.turns;
    if (other !== undefined) {
      lastLabel = null;
      return [draft];
    }
    const { label } = turn;
    const bare = withoutLabel(turn.pieces);
    const hasLabel = bare !== turn.pieces;
    const needsLabel = label !== null && label !== lastLabel;
    lastLabel = label;
    if (hasLabel === needsLabel) return [draft];
    if (!needsLabel) return [draftOf([{ ...turn, pieces: bare }], limits)];
    const parts = cut(withLabel(label, bare, limits), limits);
    return parts.map((pieces) => draftOf([{ ...turn, pieces }], limits));
  };
}

/** A draft from the first of its speech to the last. */
export function draftOf(turns: Draft["turns"], { maxCps }: CueLimits): Draft {
  let startMs = Infinity;
  let endMs = 0;
  let chars = 0;
  for (const { pieces } of turns) {
    startMs = Math.min(startMs, pieces[0]!.startMs);
    if (turns.length > 1) chars += DASH.length + 1;
    for (const { endMs: pieceEndMs, text, width, spaced } of pieces) {
      endMs = Math.max(endMs, pieceEndMs);
      // Marks and vowel signs take no column, but time to read.
      chars += Math.max(width, text.length) + (spaced ? 1 : 0);
    }
  }
  return { startMs, endMs, readMs: Math.ceil((chars * 1000) / maxCps), turns };
}

const PAUSE_MS = 1000;
const ENOUGH_PIECES = 64;
const MAX_PIECES = 512;

/** Speech of one voice without a long pause. */
type Run = Pick<Voiced, "voice" | "several"> & {
  pieces: Piece[];
  /** Neither this run nor a later one begins before. */
  sinceMs: number;
};

/**
 * The runs of pieces that cues are cut from. They end where the voice changes or pauses for a second,
 * where time goes back, and at a sentence end once there are 64 pieces. A call with the next segment
 * gives those that end there, one without any the last.
 */
export function stretching(maxChars: number): (voiced?: Voiced) => Generator<Run> {
  let run: Run | undefined;
  let last: Segment | undefined;
  return function* (voiced) {
    if (voiced === undefined) {
      if (run !== undefined) yield run;
      return;
    }
    const { segment, voice, several } = voiced;
    let begins = true;
    for (const piece of pieces(segment, maxChars)) {
      if (run !== undefined && ((begins && !sameTurn(last, segment)) || isOver(run, piece))) {
        yield run;
        run = undefined;
      }
      run ??= { voice, several, pieces: [], sinceMs: toMs(segment.start) };
      if (begins) piece.spaced = isSpaced(run.pieces.at(-1), piece);
      run.pieces.push(piece);
      begins = false;
      last = segment;
    }
  };
}

function sameTurn(last: Segment | undefined, next: Segment): boolean {
  return last?.channel === next.channel && last.speaker === next.speaker;
}

function isOver({ pieces }: Run, next: Piece): boolean {
  const last = pieces[pieces.length - 1]!;
  return (
    next.startMs < last.startMs ||
    next.startMs - last.endMs >= PAUSE_MS ||
    (pieces.length >= ENOUGH_PIECES && last.after === "sentence") ||
    pieces.length >= MAX_PIECES
  );
}

const isSpaced = (last: Piece | undefined, piece: Piece): boolean =>
  last !== undefined && sentenceSeparator(last.text, piece.text) === " ";

/**
 * Pieces with the name of who speaks before them. Left out where it would fill more than `mostColumns`,
 * half a line, or leave no room in its cue for the first piece.
 */
function withLabel(
  name: string,
  pieces: readonly Piece[],
  { maxChars, maxLines }: CueLimits,
  mostColumns = maxChars / 2,
): readonly Piece[] {
  const text = `${name}:`;
  const width = textWidth(text);
  const [first, ...rest] = pieces;
  if (first === undefined || width > mostColumns) return pieces;
  if (maxLines === 1 && width + 1 + first.width > maxChars) return pieces;
  const { startMs, isEstimated } = first;
  const times = { startMs, endMs: startMs, isEstimated };
  const label: Piece = { text, spaced: false, width, ...times, after: "label" };
  return [label, { ...first, spaced: true }, ...rest];
}

/** Pieces without the name before them, if there is one. */
function withoutLabel(pieces: readonly Piece[]): readonly Piece[] {
  return pieces[0]?.after === "label" ? pieces.slice(1) : pieces;
}

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
