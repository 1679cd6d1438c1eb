import { createScheduledController } from "cloudflare:test";
import { env } from "cloudflare:workers";
import worker from "../../src/index.ts";
import { recordingQueue } from "./faulty.ts";

export const FOLLOW_UPS = "deepgram-follow-ups";
export const DEAD_LETTERS = "deepgram-dead-letters";

type Settled = {
  /** Ids of the messages: `m0`, `m1` and so on. */
  acked: string[];
  retried: { id: string; delaySeconds: number | undefined }[];
};

/**
 * Hands bodies to the consumer of a queue as one batch, and tells what became of each message. As
 * with the runtime, the first `ack` or `retry` of a message counts; here a second one throws.
 * (`createMessageBatch` of the test library does not tell the delay of a retry.) `by` is the version
 * of the Worker that works. What it sends goes nowhere unless `replaced` has a queue: the real one would
 * deliver it in the middle of another test.
 */
export async function consume(
  bodies: unknown[],
  replaced: Partial<Env> = {},
  { queue = FOLLOW_UPS, attempts = 1, by = worker } = {},
): Promise<Settled> {
  const settled: Settled = { acked: [], retried: [] };
  const open = new Set<string>();
  const close = (id: string) => {
    if (!open.delete(id)) throw new Error(`${id} is settled twice`);
  };
  const messages = bodies.map((body, index): Message => {
    const id = `m${index}`;
    open.add(id);
    return {
      id,
      timestamp: new Date(),
      attempts,
      body: structuredClone(body),
      ack: () => {
        close(id);
        settled.acked.push(id);
      },
      retry: (options) => {
        close(id);
        settled.retried.push({ id, delaySeconds: options?.delaySeconds });
      },
    };
  });
  const refuse = () => {
    throw new Error("every message is settled by itself");
  };
  const batch = { queue, messages, ackAll: refuse, retryAll: refuse } as unknown as MessageBatch;
  const FOLLOW_UP_QUEUE = recordingQueue().queue;
  await by.queue(batch, { ...env, FOLLOW_UP_QUEUE, ...replaced });
  if (open.size > 0) throw new Error(`not settled: ${[...open]}`);
  settled.acked.sort();
  return settled;
}

/** Runs the handler of a cron. What it sends goes nowhere unless `replaced` has a queue. */
export function runCron(cron: string, replaced: Partial<Env> = {}): Promise<void> {
  const FOLLOW_UP_QUEUE = recordingQueue().queue;
  const its = { ...env, FOLLOW_UP_QUEUE, ...replaced };
  return worker.scheduled(createScheduledController({ cron }), its);
}
