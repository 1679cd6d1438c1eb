import { type Cue, type CueTurn, cues } from "../../../../src/transcript/captions/captions.ts";

/** A cue, and all its lines. */
type FlatCue = Cue & { lines: string[] };

/** All the cues of what `cues` is given. */
export async function allCues(...given: Parameters<typeof cues>): Promise<FlatCue[]> {
  const all = (await Array.fromAsync(cues(...given))).flat();
  return all.map((cue) => ({ ...cue, lines: cue.turns.flatMap(({ lines }: CueTurn) => lines) }));
}
