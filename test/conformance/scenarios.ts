import type { Scenario } from "./scenario.ts";
import { accepting } from "./scenarios/accepting.ts";
import { credentials } from "./scenarios/credentials.ts";
import { failing } from "./scenarios/failing.ts";
import { repeating } from "./scenarios/repeating.ts";

/** In the order in which they are run and printed. */
export const SCENARIOS: readonly Scenario[] = [
  ...accepting,
  ...credentials,
  ...repeating,
  ...failing,
];
