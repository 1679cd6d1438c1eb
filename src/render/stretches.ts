import { sentenceSeparator } from "../segments/join-words.ts";
import type { Segment } from "../segments/segment.ts";
import type { SegmentSource } from "../segments/segment-source.ts";
import { type Piece, pieces } from "./pieces.ts";
import { toMs } from "./timestamp.ts";
import type { Names } from "./voice-names.ts";
import { type Voiced, voices } from "./voices.ts";

const PAUSE_MS = 1000;
const ENOUGH_PIECES = 64;
const MAX_PIECES = 512;

/** Speech of one voice without a long pause. */
export type Stretch = Pick<Voiced, "voice" | "several"> & {
  pieces: Piece[];
  /** Neither this stretch nor a later one begins before. */
  sinceMs: number;
};

/**
 * The runs of pieces that cues are cut from. They end where the voice changes or pauses for a second,
 * where time goes back, and at a sentence end once there are 64 pieces.
 */
export async function* stretches(
  segments: SegmentSource,
  maxChars: number,
  names?: Names,
): AsyncGenerator<Stretch> {
  let stretch: Stretch | undefined;
  let last: Segment | undefined;
  for await (const { segment, voice, several } of voices(segments, names)) {
    let begins = true;
    for (const piece of pieces(segment, maxChars)) {
      if (
        stretch !== undefined &&
        ((begins && !sameTurn(last, segment)) || isOver(stretch, piece))
      ) {
        yield stretch;
        stretch = undefined;
      }
      stretch ??= { voice, several, pieces: [], sinceMs: toMs(segment.start) };
      stretch.pieces.push(begins ? following(stretch.pieces.at(-1), piece) : piece);
      begins = false;
      last = segment;
    }
  }
  if (stretch !== undefined) yield stretch;
}

function sameTurn(last: Segment | undefined, next: Segment): boolean {
  return last?.channel === next.channel && last.speaker === next.speaker;
}

function isOver({ pieces }: Stretch, next: Piece): boolean {
  const last = pieces[pieces.length - 1]!;
  return (
    next.startMs < last.startMs ||
    next.startMs - last.endMs >= PAUSE_MS ||
    (pieces.length >= ENOUGH_PIECES && last.after === "sentence") ||
    pieces.length >= MAX_PIECES
  );
}

function following(last: Piece | undefined, piece: Piece): Piece {
  return {
    ...piece,
    spaced: last !== undefined && sentenceSeparator(last.text, piece.text) === " ",
  };
}
