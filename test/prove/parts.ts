import { conformance } from "./conformance/conformance.ts";
import { matrix } from "./matrix/matrix.ts";
import type { Part } from "./part.ts";
import { timing } from "./timing/timing.ts";

/** In the order of PROOF.md. */
export const PARTS: readonly Part[] = [matrix, conformance, timing];
