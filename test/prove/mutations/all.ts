import { FOLLOWING_UP } from "./list/following-up.ts";
import { IDENTIFYING } from "./list/identifying.ts";
import { LETTING_IN } from "./list/letting-in.ts";
import { RECEIVING } from "./list/receiving.ts";
import { STORING } from "./list/storing.ts";
import { SUBMITTING } from "./list/submitting.ts";
import type { Mutation } from "./mutation.ts";

/** One promise of the trust path broken by each. */
export const MUTATIONS: readonly Mutation[] = [
  ...RECEIVING,
  ...IDENTIFYING,
  ...STORING,
  ...FOLLOWING_UP,
  ...SUBMITTING,
  ...LETTING_IN,
];
