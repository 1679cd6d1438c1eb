import { afterEach, describe, expect, inject, it, vi } from "vitest";
import { FAULTS, type Fault } from "./faults.ts";
import { KINDS, type Kind } from "./kinds.ts";
import { play } from "./play.ts";

/** More than any attempt makes: there nobody dies any more. */
const MOST_OPERATIONS = 60;

/** Kinds that stand for the others, in which every fault meets these at least: all of `npm run test:slow`. */
const TYPICAL = new Set(["small transcript", "unverified"]);
/** Faults that every kind meets in `npm run test:full`. */
const COMMON = new Set(["none", "R2 write rejected", "R2 write hangs", "queue refuses", "D1 away"]);

/**
 * What a Durable Object owns is left to the long form: on a busy machine the clock that is played here
 * ends its timers from outside, which workerd takes for the work of another object.
 */
const isChosen = (kind: Kind, fault: Fault): boolean =>
  inject("isLong") ||
  TYPICAL.has(kind.name) ||
  (inject("isFull") && !kind.isOwned && COMMON.has(fault.name) && fault.side === "receiving");

/**
 * Cells that could not fail are left out: a fault where there is no work, a body that is cut where none is sent,
 * a retry of a refused one, and a death of the Worker where all is done by a Durable Object (test/integration/live
 * has those die).
 */
const isPlayed = ({ isAlone, isForeign, isOwned, isAsked }: Kind, fault: Fault): boolean =>
  fault.side === "receiving"
    ? !(isForeign && fault.isDeployed) &&
      !(isOwned && fault.dies) &&
      !(isAsked && fault.cutAt !== undefined)
    : !isAlone;

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function cell(kind: Kind, fault: Fault): Promise<void> {
  if (!fault.dies) {
    await play(kind, fault, null);
    return;
  }
  const states = new Set<string | null>();
  for (let operation = 1; operation <= MOST_OPERATIONS; operation++) {
    let hasDied = false;
    for (const when of ["before", "after"] as const) {
      const played = await play(kind, fault, { operation, when }).catch((error: unknown) => {
        throw new Error(`${when} operation ${operation}: ${error}`, { cause: error });
      });
      hasDied ||= played.hasDied;
      states.add(played.sms);
      // The clock stays where it is: the sweeper has looked at the bodies of the hours before.
    }
    if (!hasDied) return isMet(states, fault);
  }
  expect.unreachable("it never outlives its operations");
}

/** Among all who died at an effect some left it open whether it has happened. */
function isMet(states: Set<string | null>, fault: Fault): void {
  if (fault.side === "receiving" || states.has(null)) return;
  expect([...states].sort()).toEqual(["done", "uncertain"]);
}

describe.each(FAULTS)("$side: $name", (fault) => {
  it.each(KINDS.filter((kind) => isPlayed(kind, fault) && isChosen(kind, fault)))(
    "$name",
    { timeout: 600_000 },
    (kind) => cell(kind, fault),
  );
});
