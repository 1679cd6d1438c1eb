import { type Cue, cues } from "../../src/transcript/captions/cues.ts";

/** All the cues of what `cues` is given. */
export async function allCues(...given: Parameters<typeof cues>): Promise<Cue[]> {
  return (await Array.fromAsync(cues(...given))).flat();
}
