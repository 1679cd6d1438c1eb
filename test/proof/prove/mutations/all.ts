import { ACCOUNTING } from "./list/accounting.ts";
import { CONSUMING } from "./list/consuming.ts";
import { DOING } from "./list/doing.ts";
import { FORGETTING } from "./list/forgetting.ts";
import { GIVING_UP } from "./list/giving-up.ts";
import { IDENTIFYING } from "./list/identifying.ts";
import { LETTING_IN } from "./list/letting-in.ts";
import { LIMITING } from "./list/limiting.ts";
import { PLANNING } from "./list/planning.ts";
import { READING } from "./list/reading.ts";
import { RECEIVING } from "./list/receiving.ts";
import { SEARCHING } from "./list/searching.ts";
import { STORING } from "./list/storing.ts";
import { STREAMING } from "./list/streaming.ts";
import { SUBMITTING } from "./list/submitting.ts";
import { VERIFYING } from "./list/verifying.ts";
import type { Mutation } from "./mutation.ts";

/** One promise of the trust path broken by each. */
export const MUTATIONS: readonly Mutation[] = [
  ...VERIFYING,
  ...RECEIVING,
  ...IDENTIFYING,
  ...STORING,
  ...SEARCHING,
  ...FORGETTING,
  ...STREAMING,
  ...CONSUMING,
  ...PLANNING,
  ...ACCOUNTING,
  ...DOING,
  ...GIVING_UP,
  ...LIMITING,
  ...SUBMITTING,
  ...LETTING_IN,
  ...READING,
];
