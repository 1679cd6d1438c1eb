import { vi } from "vitest";
import { consume, DEAD_LETTERS } from "./consume.ts";
import { recordingQueue } from "./faulty.ts";

export type Waiting = { body: unknown; attempts: number; dueAt: number };

/** As wrangler.toml has it. */
const MAX_RETRIES = 20;
const BATCH = 10;

/** Moves the clock on. */
export const later = (seconds: number) =>
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + seconds * 1_000 });

/**
 * Plays the queue until nothing is left in it: batches, retries after their delays (by moving the
 * clock), and dead letters after the last one. `shuffle` may change the order and repeat messages.
 */
export async function workOff(
  bodies: unknown[],
  replaced: Partial<Env>,
  shuffle: (waiting: Waiting[]) => Waiting[] | Promise<Waiting[]> = (waiting) => waiting,
): Promise<void> {
  const { queue, sent } = recordingQueue();
  const env = { ...replaced, FOLLOW_UP_QUEUE: queue };
  let waiting: Waiting[] = bodies.map((body) => ({ body, attempts: 1, dueAt: 0 }));
  const dead: unknown[] = [];
  while (waiting.length > 0) {
    waiting = await shuffle(waiting);
    const due = waiting.filter(({ dueAt }) => dueAt <= Date.now()).slice(0, BATCH);
    if (due.length === 0) {
      const next = Math.min(...waiting.map(({ dueAt }) => dueAt));
      later((next - Date.now()) / 1_000 + 0.001);
      continue;
    }
    const { retried } = await consume(
      due.map(({ body }) => body),
      env,
    );
    const again = retried.map(({ id, delaySeconds = 0 }) => {
      const message = due[Number(id.slice(1))] as Waiting;
      const { body, attempts } = message;
      return { body, attempts: attempts + 1, dueAt: Date.now() + delaySeconds * 1_000 };
    });
    dead.push(...again.filter(({ attempts }) => attempts > MAX_RETRIES).map(({ body }) => body));
    waiting = [
      ...waiting.filter((message) => !due.includes(message)),
      ...again.filter(({ attempts }) => attempts <= MAX_RETRIES),
      ...sent.splice(0).map((body) => ({ body, attempts: 1, dueAt: 0 })),
    ];
  }
  if (dead.length > 0) await consume(dead, env, { queue: DEAD_LETTERS, attempts: MAX_RETRIES });
}

/** Delivers every message twice. */
export function twice(): (waiting: Waiting[]) => Waiting[] {
  const doubled = new WeakSet<Waiting>();
  return (waiting) =>
    waiting.flatMap((message) => {
      if (doubled.has(message)) return [message];
      const copy = { ...message };
      doubled.add(message).add(copy);
      return [message, copy];
    });
}
