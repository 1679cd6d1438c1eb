import { withLabel, withoutLabel } from "../formats/label.ts";
import type { CueLimits } from "./caption-options.ts";
import { cut } from "./cut.ts";
import type { Piece } from "./pieces.ts";
import type { Stretch } from "./stretches.ts";

/** What names the speaker in the text of a cue; null leaves the text alone. */
export type Labelling = (stretch: Stretch) => string | null;

/** A cue that still has the times of its speech. */
export type Draft = {
  startMs: number;
  endMs: number;
  chars: number;
  voice: string | null;
  label: string | null;
  pieces: readonly Piece[];
};

/** Cuts one stretch after another into drafts, labelled where the label is another than before. */
export function drafting(limits: CueLimits, labelOf: Labelling): (stretch: Stretch) => Draft[] {
  let lastLabel: string | null = null;
  return (stretch) => {
    const label = labelOf(stretch);
    const { voice, pieces } = stretch;
    const named = label === null || label === lastLabel ? pieces : withLabel(label, pieces, limits);
    lastLabel = label;
    return cut(named, limits).map((part) => draftOf(part, voice, label));
  };
}

/**
 * Gives each draft, taken in order of time, the label it needs there: that order can put one voice's
 * cue between two of another.
 */
export function relabelling(limits: CueLimits): (draft: Draft) => Draft[] {
  let lastLabel: string | null = null;
  return (draft) => {
    const { label, voice } = draft;
    const bare = withoutLabel(draft.pieces);
    const hasLabel = bare !== draft.pieces;
    const needsLabel = label !== null && label !== lastLabel;
    lastLabel = label;
    if (hasLabel === needsLabel) return [draft];
    if (!needsLabel) return [draftOf(bare, voice, label)];
    const parts = cut(withLabel(label, bare, limits), limits);
    return parts.map((part) => draftOf(part, voice, label));
  };
}

function draftOf(pieces: readonly Piece[], voice: string | null, label: string | null): Draft {
  const startMs = pieces[0]!.startMs;
  let endMs = startMs;
  let chars = 0;
  for (const piece of pieces) {
    endMs = Math.max(endMs, piece.endMs);
    chars += piece.width;
  }
  return { startMs, endMs, chars, voice, label, pieces };
}
