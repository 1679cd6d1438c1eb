import { env } from "cloudflare:workers";
import type { Channels } from "../../support/channels.ts";
import { faulty, hangs, recordingQueue, refuses } from "../../support/faulty.ts";
import type { Unknown } from "./ended.ts";
import type { Trouble } from "./world.ts";

/** What is wrong while the first attempt is made; afterwards all is well. */
export type Fault = {
  name: string;
  side: "receiving" | "following up";
  /** The bindings of that attempt; `sent` takes what reaches the queue all the same. */
  env?: (sent: unknown[]) => Partial<Env>;
  /** The part of the body after which the connection breaks, from 0 to 1. */
  cutAt?: number;
  /** The consumer dies at each of the operations in turn. */
  dies?: true;
  /** The work goes to the dead letters. */
  isGivenUp?: true;
  /** The consumer waits for an answer that does not come, on a clock that is moved on. */
  hangs?: true;
  /** Another version is deployed before what comes next. */
  isDeployed?: true;
  /** All of the trouble of an attempt, in the place of `env`. */
  trouble?: () => Trouble;
  /** How the receivers fail at the first attempt. A webhook then has more calls than without. */
  order?: (world: Channels) => Promise<void>;
  /** An answer the consumer does not get, or a result it cannot record. */
  unknown?: Unknown;
};

const bucket = env.TRANSCRIPTS;
const AWAY = refuses("internal error");
const BUSY = refuses("Reduce your concurrent request rate for the same object. (10058)");

const r2 = (replaced: Parameters<typeof faulty<R2Bucket>>[1]) => () => ({
  TRANSCRIPTS: faulty(bucket, replaced),
});

const writing = (fails: () => Promise<never>) =>
  r2({ put: fails, createMultipartUpload: fails, delete: fails });

/** Of each object only the first write is answered: an effect is claimed, and not closed. */
const closing = (fails: () => Promise<never>) => () => {
  const written = new Set<string>();
  const put = (key: string, ...rest: [string]) => {
    if (written.has(key)) return fails();
    written.add(key);
    return bucket.put(key, ...rest);
  };
  return { TRANSCRIPTS: faulty(bucket, { put }) };
};

const ALL_HANG = { head: hangs, get: hangs, list: hangs, put: hangs, delete: hangs };

/** Everything is done, and nobody hears of it. */
const unheard =
  <Args extends unknown[]>(work: (...args: Args) => Promise<unknown>) =>
  async (...args: Args): Promise<never> => {
    await work(...args);
    throw new Error("connection lost");
  };

const queue = (replaced: object) => () => ({
  FOLLOW_UP_QUEUE: faulty(recordingQueue().queue, replaced),
});

/** A queue that takes its messages, and whose answer is lost. */
function unheardQueue(sent: unknown[]): Partial<Env> {
  const { queue } = recordingQueue();
  const send = unheard(async (body: unknown) => sent.push(body));
  const sendBatch = unheard(async (messages: Iterable<MessageSendRequest>) => {
    for (const { body } of messages) sent.push(body);
  });
  return { FOLLOW_UP_QUEUE: faulty(queue, { send, sendBatch }) };
}

const throws = () => {
  throw new Error("D1_ERROR: Network connection lost.");
};

const D1_AWAY = () => ({ CATALOGUE: faulty(env.CATALOGUE, { prepare: throws, batch: throws }) });

/** Nothing is done, for certain. */
export const REFUSED = 429;

/** Everything is done, and no answer comes. */
const lost = async ({ webhook, twilio }: Channels) => {
  await webhook.fail({ drop: "after" });
  await twilio.fail({ drop: "after" });
};

/** The first attempts are refused: what the version before has planned is left for the next one. */
const refused = async ({ webhook, twilio }: Channels) => {
  await webhook.fail({ status: REFUSED });
  await twilio.fail({ status: REFUSED });
};

/** A statement of D1 that never ends. */
function hangingD1(): Partial<Env> {
  const statement: Record<string, unknown> = {};
  for (const name of ["run", "all", "first", "raw"]) statement[name] = hangs;
  statement.bind = () => statement;
  return { CATALOGUE: faulty(env.CATALOGUE, { prepare: () => statement, batch: hangs }) };
}

const kv = (fails: () => Promise<never>) => () => ({
  SETTINGS: faulty(env.SETTINGS, { get: fails, put: fails, list: fails }),
});

const receiving = (name: string, rest: Omit<Fault, "name" | "side">): Fault => ({
  name,
  side: "receiving",
  ...rest,
});

const followingUp = (name: string, rest: Omit<Fault, "name" | "side">): Fault => ({
  name,
  side: "following up",
  ...rest,
});

/** Every fault point. */
export const FAULTS: Fault[] = [
  receiving("none", {}),
  receiving("cut before the body", { cutAt: 0 }),
  receiving("cut in the body", { cutAt: 0.6 }),
  receiving("R2 write rejected", { env: writing(AWAY) }),
  receiving("R2 write 429", { env: writing(BUSY) }),
  receiving("R2 write hangs", { env: writing(hangs) }),
  receiving("R2 write unheard", { env: r2({ put: unheard(bucket.put.bind(bucket) as never) }) }),
  receiving("R2 read rejected", { env: r2({ head: AWAY, get: AWAY, list: AWAY }) }),
  receiving("R2 read hangs", { env: r2({ head: hangs, get: hangs, list: hangs }) }),
  receiving("queue refuses", { env: queue({ send: AWAY }) }),
  receiving("queue hangs", { env: queue({ send: hangs }) }),
  receiving("queue unheard", { env: unheardQueue }),
  receiving("queue and outbox refuse", {
    env: () => ({
      ...queue({ send: AWAY })(),
      TRANSCRIPTS: faulty(bucket, {
        put: (key: string, ...rest: [string]) =>
          key.startsWith("outbox/") ? AWAY() : bucket.put(key, ...rest),
      }),
    }),
  }),
  receiving("D1 away", { env: D1_AWAY }),
  receiving("D1 hangs", { env: hangingD1 }),
  receiving("KV away", { env: kv(AWAY) }),
  receiving("KV hangs", { env: kv(hangs) }),
  receiving("dies at each step", { dies: true }),
  receiving("cut, and deployed before the retry", { cutAt: 0.6, isDeployed: true }),
  followingUp("R2 read rejected", { env: r2({ head: AWAY, get: AWAY, list: AWAY }) }),
  followingUp("R2 write rejected", { env: writing(AWAY) }),
  followingUp("R2 write unheard", {
    env: r2({ put: unheard(bucket.put.bind(bucket) as never) }),
    unknown: "claimed",
  }),
  followingUp("R2 rejects the end of an effect", { env: closing(AWAY), unknown: "done" }),
  followingUp("R2 hangs", { env: r2(ALL_HANG), hangs: true }),
  followingUp("R2 hangs at the end of an effect", {
    env: closing(hangs),
    hangs: true,
    unknown: "done",
  }),
  followingUp("queue refuses", { env: queue({ send: AWAY, sendBatch: AWAY }) }),
  followingUp("queue hangs", { env: queue({ send: hangs, sendBatch: hangs }), hangs: true }),
  followingUp("queue unheard", { env: unheardQueue }),
  followingUp("D1 away", { env: D1_AWAY }),
  followingUp("D1 hangs", { env: hangingD1, hangs: true }),
  followingUp("KV away", { env: kv(AWAY) }),
  followingUp("KV hangs", { env: kv(hangs), hangs: true }),
  followingUp("answers of the receivers lost", { order: lost, unknown: "done" }),
  followingUp("dies at each step", { dies: true }),
  followingUp("deployed in between", { order: refused, isDeployed: true }),
  followingUp("given up, and the dead letters' consumer fails", {
    isGivenUp: true,
    env: writing(AWAY),
  }),
];
