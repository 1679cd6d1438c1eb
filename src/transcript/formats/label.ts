import type { CueLimits } from "../captions/caption-options.ts";
import type { Piece } from "../captions/pieces.ts";
import { textWidth } from "../captions/text-width.ts";

/**
 * Pieces with the name of who speaks before them. Left out where it would fill more than `mostColumns`,
 * half a line, or leave no room in its cue for the first piece.
 */
export function withLabel(
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
export function withoutLabel(pieces: readonly Piece[]): readonly Piece[] {
  return pieces[0]?.after === "label" ? pieces.slice(1) : pieces;
}
