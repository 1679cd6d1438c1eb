import { withLabel, withoutLabel } from "../formats/label.ts";
import type { Voiced } from "../formats/voices.ts";
import { sentenceSeparator } from "../segments/join-words.ts";
import type { Segment } from "../segments/segment.ts";
import type { CueLimits } from "./caption-options.ts";
import { cut } from "./cut.ts";
import { type Piece, pieces } from "./pieces.ts";
import { toMs } from "./timestamp.ts";

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
