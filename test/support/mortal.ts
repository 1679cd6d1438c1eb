import { env } from "cloudflare:workers";
import { inject } from "vitest";
import { faulty, recordingQueue } from "./faulty.ts";

/** At which of its operations on R2, the queue, D1 and KV somebody dies, counted from 1. */
export type Death = { operation: number; when: "before" | "after" };

/** `npm test` leaves out the deaths before an operation: most are those after the one that precedes it. */
export const WHEN: readonly Death["when"][] = inject("isQuick") ? ["after"] : ["before", "after"];

/**
 * Bindings of somebody who dies at one of his operations: before it is done, or when it is done and
 * nobody has heard of it. From then on nothing runs. Where `fetch` is put in the place of the
 * global one, his calls to others are such operations too.
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
  const statement = (prepared: D1PreparedStatement): D1PreparedStatement =>
    faulty(prepared, {
      bind: (...values: unknown[]) => statement(prepared.bind(...values)),
      run: guard(prepared.run.bind(prepared)),
      all: guard(prepared.all.bind(prepared)),
      first: guard(prepared.first.bind(prepared) as never),
      raw: guard(prepared.raw.bind(prepared) as never),
    });
  const db = env.CATALOGUE;
  const CATALOGUE = faulty(db, {
    prepare: (query: string) => statement(db.prepare(query)),
    batch: guard(db.batch.bind(db)),
  });
  const kv = env.SETTINGS;
  const SETTINGS = faulty(kv, {
    get: guard(kv.get.bind(kv) as never),
    put: guard(kv.put.bind(kv)),
    delete: guard(kv.delete.bind(kv) as never),
  });
  return {
    died,
    /** Ends all that continues with them. */
    die: () => die(),
    sent,
    env: { TRANSCRIPTS, FOLLOW_UP_QUEUE, CATALOGUE, SETTINGS },
    fetch: guard(fetch) as typeof fetch,
  };
}
