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
  while (waiting.length > 0) {
    waiting = await shuffle(waiting);
    const [first] = waiting.toSorted((one, other) => one.dueAt - other.dueAt);
    const isDead = (first?.attempts ?? 0) > MAX_RETRIES;
    const due = waiting
      .filter(({ dueAt, attempts }) => dueAt <= Date.now() && attempts > MAX_RETRIES === isDead)
      .slice(0, BATCH);
    if (due.length === 0) {
      later(((first?.dueAt ?? 0) - Date.now()) / 1_000 + 0.001);
      continue;
    }
    const options = isDead ? { queue: DEAD_LETTERS, attempts: MAX_RETRIES } : {};
    const given = due.map(({ body }) => body);
    const { retried } = await consume(given, env, options);
    const again = retried.map(({ id, delaySeconds = 0 }): Waiting => {
      const { body, attempts } = due[Number(id.slice(1))] as Waiting;
      return { body, attempts: attempts + 1, dueAt: Date.now() + delaySeconds * 1_000 };
    });
    waiting = [
      ...waiting.filter((message) => !due.includes(message)),
      ...again,
      ...sent.splice(0).map((body) => ({ body, attempts: 1, dueAt: 0 })),
    ];
  }
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
