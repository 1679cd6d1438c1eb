import { afterEach, describe, expect, inject, it, vi } from "vitest";
import { LARGE_BODY_KINDS, type LargeBodyKind } from "./large-body-kinds.ts";
import { FAILURES, stepFault } from "./large-body-steps.ts";
import { play } from "./play.ts";

/** Kinds and failures that stand for the others, in `npm run test:slow`. */
const TYPICAL_KINDS = new Set(["a body with a length", "promotion back to a small body"]);
const TYPICAL_FAILURES = new Set(["unheard", "done after the retry", "the Worker dies before"]);

const isChosen = (kind: LargeBodyKind, failure: string): boolean =>
  inject("isLong") ||
  (inject("isFull") && TYPICAL_FAILURES.has(failure)) ||
  (TYPICAL_KINDS.has(kind.name) && failure === "unheard");

const STEPS = [...new Set(LARGE_BODY_KINDS.flatMap(({ steps }) => steps))];

const ROWS = STEPS.flatMap((step) =>
  FAILURES.map((failure) => ({
    name: `${step}: ${failure.name}`,
    step,
    failure,
    kinds: LARGE_BODY_KINDS.filter(
      (kind) => kind.steps.includes(step) && isChosen(kind, failure.name),
    ),
  })),
).filter(({ kinds }) => kinds.length > 0);

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe.each(ROWS)("$name", ({ step, failure, kinds }) => {
  it.each(kinds)("$name", { timeout: 180_000 }, async (kind) => {
    const fault = stepFault(step, failure, kind.side);
    await play(kind, fault, null);
    expect(fault.met()).toBeGreaterThan(0);
  });
});
