import { env } from "cloudflare:workers";
import { faulty, recordingQueue } from "./faulty.ts";

/** At which of its operations on R2 and the queue somebody dies, counted from 1. */
export type Death = { operation: number; when: "before" | "after" };

/**
 * Bindings of somebody who dies at one of his operations: before it is done, or when it is done and
 * nobody has heard of it. From then on nothing goes on.
 */
export function mortal({ operation, when }: Death) {
  let count = 0;
  let isDead = false;
  let die = () => {};
  const died = new Promise<"died">((resolve) => {
    die = () => {
      isDead = true;
      resolve("died");
    };
  });
  const never = new Promise<never>(() => {});
  const guard =
    <Args extends unknown[], Value>(work: (...args: Args) => Promise<Value>) =>
    async (...args: Args): Promise<Value> => {
      if (isDead) return never;
      if (++count !== operation) return work(...args);
      if (when === "after") await work(...args);
      die();
      return never;
    };
  const bucket = env.TRANSCRIPTS;
  const TRANSCRIPTS = faulty(bucket, {
    head: guard(bucket.head.bind(bucket)),
    get: guard(bucket.get.bind(bucket) as never),
    put: guard(bucket.put.bind(bucket) as never),
    list: guard(bucket.list.bind(bucket)),
    delete: guard(bucket.delete.bind(bucket)),
    createMultipartUpload: guard(bucket.createMultipartUpload.bind(bucket)),
  });
  const { queue, sent } = recordingQueue();
  const FOLLOW_UP_QUEUE = faulty(queue, {
    send: guard(queue.send.bind(queue)),
    sendBatch: guard(queue.sendBatch.bind(queue) as never),
  });
  return { died, sent, env: { TRANSCRIPTS, FOLLOW_UP_QUEUE } };
}
