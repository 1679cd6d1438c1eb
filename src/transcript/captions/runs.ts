import type { Voiced } from "../formats/voices.ts";
import { sentenceSeparator } from "../segments/join-words.ts";
import type { Segment } from "../segments/segment.ts";
import { type Piece, pieces } from "./pieces.ts";
import { toMs } from "./timestamp.ts";

const PAUSE_MS = 1000;
const ENOUGH_PIECES = 64;
const MAX_PIECES = 512;

/** Speech of one voice without a long pause. */
export type Run = Pick<Voiced, "voice" | "several"> & {
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
