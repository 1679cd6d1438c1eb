import { expect, vi } from "vitest";
import { consume, DEAD_LETTERS } from "../../support/consume.ts";
import { send } from "../../support/deliver.ts";
import type { Death } from "../../support/mortal.ts";
import { later } from "../../support/work-off.ts";
import type { Fault } from "./faults.ts";
import { played, stopClock } from "./played.ts";
import { deploy, sweep, troubleOf, type Work, type World } from "./world.ts";

/** Longer than any lease. */
const LEASE_SECONDS = 200;
/** The platform ends a consumer then. */
const WORKED_WITHIN_MS = 900_000;
const STEP_MS = 5_000;
const MOST_ROUNDS = 50;
const MOST_RETRIES = 20;

const isEffect = (message: unknown) => (message as Work).type === "effect";

/**
 * First the messages of callbacks meet the trouble, once each, and then those of effects: a consumer
 * has its own from the beginning. Later consumers have none.
 */
export async function followedUp(
  world: World,
  fault: Fault,
  death: Death | null,
): Promise<boolean> {
  const waiting = world.sent.splice(0);
  const effects = waiting.filter(isEffect);
  // The planner makes the first attempts itself.
  await fault.order?.(world.channels);
  const hasDied = await inTrouble(
    world,
    waiting.filter((one) => !isEffect(one)),
    fault,
    death,
  );
  effects.push(...world.sent.splice(0));
  if (fault.isDeployed) await deployedInBetween(world, effects);
  const hasDiedLater = await inTrouble(world, effects, fault, death);
  await sweep(world, "* * * * *");
  await workedOff(world);
  return hasDied || hasDiedLater;
}

/** Works off all that is in the queue, and what that sends, by somebody who lives. */
export async function workedOff(world: World): Promise<void> {
  while (world.sent.length > 0) await doneAtLast(world, world.sent.splice(0));
}

/** The work of some messages alone: what they send stays in the queue. */
export async function doneAtLast(world: World, messages: unknown[]): Promise<void> {
  let waiting = messages;
  for (let round = 0; waiting.length > 0; round++) {
    expect(round).toBeLessThan(MOST_ROUNDS);
    const { retried } = await consume(waiting, world.env, { by: world.worker });
    waiting = retriedOf(waiting, retried);
    later(LEASE_SECONDS);
  }
}

async function inTrouble(
  world: World,
  messages: unknown[],
  fault: Fault,
  death: Death | null,
): Promise<boolean> {
  const again: unknown[] = [];
  let hasDied = false;
  // Each once; and a consumer that dies has one alone, so that it is certain which operation is which.
  const once = [...new Map(messages.map((one) => [JSON.stringify(one), one])).values()];
  for (const batch of death === null ? [once] : once.map((one) => [one])) {
    const end = await worked(world, batch, fault, death);
    hasDied ||= end === "died";
    again.push(...(end === "died" ? batch : end));
  }
  later(LEASE_SECONDS);
  if (fault.isGivenUp) await buriedAndRedriven(world, again);
  await doneAtLast(world, [...again, ...messages.filter((one) => !once.includes(one))]);
  return hasDied;
}

/** Gives the messages that were retried. */
async function worked(world: World, batch: unknown[], fault: Fault, death: Death | null) {
  const trouble = troubleOf(fault, death);
  const given = fault.isGivenUp ? { queue: DEAD_LETTERS, attempts: MOST_RETRIES } : {};
  if (trouble.fetch) vi.stubGlobal("fetch", trouble.fetch);
  // Nobody waits between two tries to write.
  vi.stubGlobal("scheduler", { wait: async () => {} });
  if (fault.hangs) stopClock();
  const working = consume(batch, { ...world.env, ...trouble.env }, { ...given, by: world.worker });
  const ended = Promise.race([working, trouble.died]);
  const within = { stepMs: STEP_MS, limitMs: WORKED_WITHIN_MS };
  const end = await (fault.hangs ? played(ended, within) : ended);
  vi.unstubAllGlobals();
  later(0);
  world.sent.push(...trouble.sent);
  return end === "died" ? end : retriedOf(batch, end.retried);
}

const retriedOf = (batch: unknown[], retried: { id: string }[]) =>
  retried.map(({ id }) => batch[Number(id.slice(1))]);

/** The dead letters' consumer has its messages again, and a person has them redriven. */
async function buriedAndRedriven(world: World, messages: unknown[]): Promise<void> {
  for (let waiting = messages.splice(0); waiting.length > 0; later(LEASE_SECONDS)) {
    const { retried } = await consume(waiting, world.env, {
      queue: DEAD_LETTERS,
      attempts: MOST_RETRIES,
    });
    waiting = retriedOf(waiting, retried);
  }
  const request = new Request("https://edge.test/v1/dead-letters/redrive", {
    method: "POST",
    headers: { authorization: "Bearer admin-token" },
    body: "{}",
  });
  await send(request, world.env);
  messages.push(...world.sent.splice(0));
}

/**
 * What the version before has planned is done by one that would not plan it, whose messages have
 * another form.
 */
async function deployedInBetween(world: World, effects: unknown[]): Promise<void> {
  await deploy(world);
  world.env.FOLLOW_UPS = "{}";
  for (const effect of effects) delete (effect as Work).generation;
}
