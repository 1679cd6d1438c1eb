import { env } from "cloudflare:workers";
import worker from "../../src/index.ts";

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
 * of the Worker that works.
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
  await by.queue(batch, { ...env, ...replaced });
  if (open.size > 0) throw new Error(`not settled: ${[...open]}`);
  settled.acked.sort();
  return settled;
}
