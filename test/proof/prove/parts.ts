import { conformance } from "./conformance/conformance.ts";
import { fuzz } from "./fuzz/fuzz.ts";
import { hostile } from "./hostile/hostile.ts";
import { kill } from "./kill/kill.ts";
import { killLargeBodies } from "./kill/large-bodies.ts";
import { matrix } from "./matrix/matrix.ts";
import { model } from "./model/model.ts";
import { mutations } from "./mutations/mutations.ts";
import type { Part } from "./part.ts";
import { timing } from "./timing/timing.ts";

/** In the order of docs/proof.md. */
export const PARTS: readonly Part[] = [
  matrix,
  kill,
  killLargeBodies,
  model,
  hostile,
  fuzz,
  mutations,
  timing,
  conformance,
];
