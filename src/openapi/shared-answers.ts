import type { Examples } from "./examples.ts";
import { GUARD_ANSWERS } from "./guard-answers.ts";
import { renderedAnswers } from "./rendered-answers.ts";
import type { Reference } from "./specification.ts";
import { stateAnswers } from "./state-answers.ts";

/** The answers that several operations give. */
export const sharedAnswers = (examples: Examples) => ({
  ...renderedAnswers(examples),
  ...stateAnswers(examples),
  ...GUARD_ANSWERS,
});

export type SharedAnswer = keyof ReturnType<typeof sharedAnswers>;

export const shared = (name: SharedAnswer): Reference => ({
  $ref: `#/components/responses/${name}`,
});
