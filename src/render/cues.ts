import type { Segment } from "../segments/segment.ts";
import { type CaptionOptions, type CueLimits, cueLimits } from "./caption-options.ts";
import { cut } from "./cut.ts";
import { inOrder } from "./in-order.ts";
import { withLabel, withoutLabel } from "./label.ts";
import { layout } from "./layout.ts";
import type { Piece } from "./pieces.ts";
import { type Stretch, stretches } from "./stretches.ts";
import { withoutOverlap } from "./without-overlap.ts";

/** One caption. Times are whole milliseconds; a cue is over when the next one starts. */
export type Cue = { startMs: number; endMs: number; voice: string | null; lines: string[] };

/** What names the speaker in the text of a cue; null leaves the text alone. */
export type Labelling = (stretch: Stretch) => string | null;

type Draft = {
  startMs: number;
  endMs: number;
  chars: number;
  voice: string | null;
  label: string | null;
  pieces: readonly Piece[];
};

/**
 * Captions of segments given in order of time: readable, within the limits, never two at a time.
 * `labelOf` has the speaker named in the text wherever the name is another than in the cue before.
 */
export function* cues(
  segments: Iterable<Segment>,
  options: CaptionOptions = {},
  labelOf: Labelling = () => null,
): Generator<Cue> {
  const limits = cueLimits(options);
  const ordered = inOrder(drafts(segments, limits, labelOf));
  for (const draft of withoutOverlap(relabelled(ordered, limits), limits.maxMs)) {
    const { startMs, endMs, voice, pieces } = draft;
    yield { startMs, endMs, voice, lines: layout(pieces, limits.maxChars) };
  }
}

function* drafts(
  segments: Iterable<Segment>,
  limits: CueLimits,
  labelOf: Labelling,
): Generator<{ sinceMs: number; items: Draft[] }> {
  let lastLabel: string | null = null;
  for (const stretch of stretches(segments, limits.maxChars)) {
    const label = labelOf(stretch);
    const { voice, sinceMs, pieces } = stretch;
    const named = label === null || label === lastLabel ? pieces : withLabel(label, pieces, limits);
    lastLabel = label;
    yield { sinceMs, items: cut(named, limits).map((part) => draftOf(part, voice, label)) };
  }
}

/** Order by time can put one voice's cue between two of another: both then need a label anew. */
function* relabelled(drafts: Iterable<Draft>, limits: CueLimits): Generator<Draft> {
  let lastLabel: string | null = null;
  for (const draft of drafts) {
    const { label, voice } = draft;
    const bare = withoutLabel(draft.pieces);
    const hasLabel = bare !== draft.pieces;
    const needsLabel = label !== null && label !== lastLabel;
    lastLabel = label;
    if (hasLabel === needsLabel) yield draft;
    else if (!needsLabel) yield draftOf(bare, voice, label);
    else {
      for (const part of cut(withLabel(label, bare, limits), limits)) {
        yield draftOf(part, voice, label);
      }
    }
  }
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
