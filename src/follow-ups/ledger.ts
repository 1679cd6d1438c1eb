import * as z from "zod";
import type { RequestId } from "../deepgram/request-id.ts";
import { CREATE_ONLY } from "../store/create-only.ts";
import { effectKey } from "../store/keys.ts";
import { type Effect, effect, effectName } from "./effect.ts";

const STATES = ["queued", "running", "retrying", "done", "failed", "dead"] as const;

const metadata = z.object({
  effect: z.string().transform((json) => effect.parse(JSON.parse(json))),
  state: z.enum(STATES),
  attempts: z.coerce.number(),
  last_error: z.string().default(""),
  not_before: z.iso.datetime().optional(),
  updated_at: z.iso.datetime(),
});

/** What is known of one effect. */
export type Entry = {
  effect: Effect;
  state: (typeof STATES)[number];
  /** Attempts begun. */
  attempts: number;
  /** Of the last attempt that failed, in ASCII; empty when none did. */
  lastError: string;
  /** ISO 8601, UTC. */
  updatedAt: string;
  /** The next attempt begins no earlier; ISO 8601, UTC. */
  notBefore?: string;
};

type Held = Entry & { etag: string };

export type Claim =
  | { claim: "mine"; entry: Held }
  // Done, or given up: nothing is left to do.
  | { claim: "settled" }
  | { claim: "busy"; retryInSeconds: number };

/** How an attempt ended, or that there will be none. */
export type Ending =
  | { state: "done" }
  | { state: "retrying"; error: string; delaySeconds: number }
  | { state: "failed"; error: string }
  | { state: "dead" };

const MAX_ERROR_CHARS = 300;

// Longer than any effect takes with its time-outs. Who does not close an entry by then has died.
const LEASE_SECONDS = 60;

const BUSY_RETRY_SECONDS = 5;

/** R2 takes one write a second for a key: a write that is refused waits a little over that. */
const WRITE_PAUSE_MS = 1_100;
const WRITE_TRIES = 3;

/** Enters a planned effect. False when it had been entered before. */
export async function openEntry(
  bucket: R2Bucket,
  id: RequestId,
  planned: Effect,
  now: number,
): Promise<boolean> {
  const entry: Entry = {
    effect: planned,
    state: "queued",
    attempts: 0,
    lastError: "",
    updatedAt: new Date(now).toISOString(),
  };
  return (await write(bucket, id, entry, CREATE_ONLY)) !== null;
}

/** Takes an effect for one attempt; no one else gets it until it is closed or the lease is over. */
export async function claimEffect(
  bucket: R2Bucket,
  id: RequestId,
  name: string,
  now: number,
): Promise<Claim> {
  const entry = await readEntry(bucket, id, name);
  if (entry === null || isSettled(entry)) return { claim: "settled" };
  const waitSeconds = secondsUntilFree(entry, now);
  if (waitSeconds > 0) return { claim: "busy", retryInSeconds: waitSeconds };
  const { notBefore: _, ...known } = entry;
  const mine: Entry = {
    ...known,
    state: "running",
    attempts: entry.attempts + 1,
    updatedAt: new Date(now).toISOString(),
  };
  const held = await write(bucket, id, mine, { etagMatches: entry.etag });
  return held
    ? { claim: "mine", entry: held }
    : { claim: "busy", retryInSeconds: BUSY_RETRY_SECONDS };
}

/** Closes an attempt. Does nothing when the lease was lost to another one in the meantime. */
export async function closeEffect(
  bucket: R2Bucket,
  id: RequestId,
  held: Held,
  end: Ending,
  now: number,
): Promise<void> {
  const closed: Entry = {
    ...held,
    state: end.state,
    ...(end.state === "retrying" && {
      notBefore: new Date(now + end.delaySeconds * 1_000).toISOString(),
    }),
    lastError: ("error" in end ? end.error : held.lastError)
      .replace(/[^\x20-\x7e]/g, "?")
      .slice(0, MAX_ERROR_CHARS),
    updatedAt: new Date(now).toISOString(),
  };
  await write(bucket, id, closed, { etagMatches: held.etag });
}

/** Null when no such effect was planned. */
export async function readEntry(
  bucket: R2Bucket,
  id: RequestId,
  name: string,
): Promise<Held | null> {
  const object = await bucket.head(effectKey(id, name));
  return object && { ...toEntry(object), etag: object.etag };
}

/** The entry that a listed object (with its custom metadata) holds. */
export function toEntry(object: R2Object): Entry {
  const { last_error, updated_at, not_before, ...stored } = metadata.parse(object.customMetadata);
  return {
    ...stored,
    lastError: last_error,
    updatedAt: updated_at,
    ...(not_before !== undefined && { notBefore: not_before }),
  };
}

/** Whole seconds until an entry may be claimed: while it is being tried, and while it backs off. */
export function secondsUntilFree({ state, updatedAt, notBefore }: Entry, now: number): number {
  const freeAt =
    state === "running"
      ? Date.parse(updatedAt) + LEASE_SECONDS * 1_000
      : Date.parse(notBefore ?? updatedAt);
  return Math.max(Math.ceil((freeAt - now) / 1_000), 0);
}

export const isSettled = ({ state }: Entry) =>
  state === "done" || state === "failed" || state === "dead";

/** Null when the condition does not hold. */
async function write(
  bucket: R2Bucket,
  id: RequestId,
  entry: Entry,
  onlyIf: R2Conditional,
): Promise<Held | null> {
  // An etag is the hash of the body: without a body of its own for every write, two claims made on
  // the same state would both hold.
  const body = crypto.randomUUID();
  const customMetadata = {
    effect: JSON.stringify(entry.effect),
    state: entry.state,
    attempts: String(entry.attempts),
    last_error: entry.lastError,
    updated_at: entry.updatedAt,
    ...(entry.notBefore !== undefined && { not_before: entry.notBefore }),
  };
  const key = effectKey(id, effectName(entry.effect));
  for (let attempt = 1; ; attempt++) {
    try {
      const object = await bucket.put(key, body, { onlyIf, customMetadata });
      return object && { ...entry, etag: object.etag };
    } catch (error) {
      if (attempt === WRITE_TRIES) throw error;
      await scheduler.wait(WRITE_PAUSE_MS);
    }
  }
}
