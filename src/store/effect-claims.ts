import { type Effect, effectName } from "../config/follow-ups.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { CREATE_ONLY, listObjects, retryWrites } from "./bucket.ts";
import {
  attemptsIn,
  beginAttempt,
  dropAttempt,
  type Entry,
  endAttempt,
  entryMetadata,
  isSettled,
  LEASE_MS,
  loseAttempt,
  type RecordedAttempt,
  secondsUntilFree,
  toEntry,
  toLedgerBody,
} from "./effect-entry.ts";
import { effectKey, effectsPrefix } from "./keys.ts";

/** An entry as it was written last. `history` is null where it was listed, and its body not read. */
export type Held = Entry & { etag: string; history: readonly RecordedAttempt[] | null };

export type Claim =
  | { claim: "mine"; entry: Held }
  // Nothing is left to do for this message. `ended` is the entry where it was done or given up in the
  // generation of the message; null where a person began it anew, or there is none.
  | { claim: "settled"; ended: Entry | null }
  | { claim: "busy"; retryInSeconds: number }
  // The attempt died, and nobody knows whether the effect happened.
  | { claim: "abandoned"; entry: Held };

/** How an attempt ended, or that there will be none. */
export type Ending =
  | { state: "done"; messageId?: string | undefined; status?: number | undefined }
  | { state: "queued"; progress: number }
  /** Nothing was tried: it waits for its time, and that is no attempt. */
  | { state: "waiting"; until: number; error: string }
  | {
      state: "retrying";
      error: string;
      delaySeconds: number;
      isUnknown?: boolean;
      status?: number | undefined;
    }
  | { state: "failed" | "uncertain"; error: string; status?: number | undefined }
  | { state: "dead" }
  /** What it was about is not so any more. */
  | { state: "cancelled"; error: string };

/** Enough for the effects of one request. */
const ID_CHARS = 8;

const MAX_ERROR_CHARS = 300;
const BUSY_RETRY_SECONDS = 5;

/** Enters a planned effect. Null when it had been entered before. */
export const openEntry = (
  bucket: R2Bucket,
  id: RequestId,
  planned: Effect,
  now: number,
): Promise<Held | null> => write(bucket, id, newEntry(planned, now), [], CREATE_ONLY);

/** Enters a planned effect and takes it for its first attempt, in one write. Null when it had been entered before. */
export function openClaimed(
  bucket: R2Bucket,
  id: RequestId,
  planned: Effect,
  now: number,
): Promise<Held | null> {
  const entry: Entry = { ...newEntry(planned, now), state: "running", attempts: 1 };
  return write(bucket, id, entry, beginAttempt([], entry.updatedAt, 1), CREATE_ONLY);
}

const newEntry = (planned: Effect, now: number): Entry => ({
  id: crypto.randomUUID().slice(0, ID_CHARS),
  effect: planned,
  state: "queued",
  attempts: 0,
  generation: 0,
  timesDone: 0,
  lastError: "",
  updatedAt: new Date(now).toISOString(),
});

/**
 * Takes an effect for one attempt; no one else gets it until it is closed or the lease is over.
 * `repeatableForMs` tells for how long an attempt whose end is unknown may be made again; `body` is the
 * SHA-256 of the body that a translation is made of.
 */
export async function claimEffect(
  bucket: R2Bucket,
  id: RequestId,
  {
    name,
    generation,
    repeatableForMs,
    body,
  }: { name: string; generation: number; repeatableForMs: number; body?: string },
  now: number,
): Promise<Claim> {
  const entry = await readEntry(bucket, id, name);
  if (entry === null || entry.generation !== generation) return { claim: "settled", ended: null };
  if (isSettled(entry)) return { claim: "settled", ended: entry };
  const waitSeconds = secondsUntilFree(entry, now);
  if (waitSeconds > 0) return { claim: "busy", retryInSeconds: waitSeconds };
  // Who did not close it has died.
  const unknownSince = entry.state === "running" ? firstUnknown(entry) : entry.unknownSince;
  if (unknownSince !== undefined && now - Date.parse(unknownSince) >= repeatableForMs) {
    return { claim: "abandoned", entry };
  }
  const { notBefore: _, etag, history, ...known } = entry;
  const mine: Entry = {
    ...known,
    state: "running",
    attempts: entry.attempts + 1,
    updatedAt: new Date(now).toISOString(),
    ...(unknownSince !== undefined && { unknownSince }),
    ...(body !== undefined && { body }),
  };
  const attempts = beginAttempt(history ?? [], mine.updatedAt, mine.attempts);
  const held = await write(bucket, id, mine, attempts, { etagMatches: etag });
  return held
    ? { claim: "mine", entry: held }
    : { claim: "busy", retryInSeconds: BUSY_RETRY_SECONDS };
}

/** Whether an attempt still holds its effect: nobody has claimed, closed or restarted it since. */
export async function holdsClaim(bucket: R2Bucket, id: RequestId, held: Held): Promise<boolean> {
  const entry = await bucket.head(effectKey(id, effectName(held.effect)));
  return entry?.etag === held.etag;
}

/** Closes an attempt. False when the lease was lost to another one in the meantime. */
export async function closeEffect(
  bucket: R2Bucket,
  id: RequestId,
  held: Held,
  end: Ending,
  now: number,
): Promise<boolean> {
  const { etag, history, ...known } = held;
  const closed: Entry = {
    ...known,
    state: end.state === "waiting" ? "queued" : end.state,
    ...(end.state === "waiting" && {
      attempts: held.attempts - 1,
      notBefore: new Date(end.until).toISOString(),
    }),
    ...(end.state === "done" && end.messageId !== undefined && { messageId: end.messageId }),
    ...(end.state === "queued" && { progress: end.progress, attempts: 0 }),
    ...(end.state === "done" && held.progress !== undefined && { progress: 1 }),
    ...(end.state === "retrying" && {
      notBefore: new Date(now + end.delaySeconds * 1_000).toISOString(),
      ...(end.isUnknown && { unknownSince: firstUnknown(held) }),
    }),
    lastError: ("error" in end ? end.error : held.lastError)
      .replace(/[^\x20-\x7e]/g, "?")
      .slice(0, MAX_ERROR_CHARS),
    updatedAt: new Date(now).toISOString(),
  };
  const attempts = withEnd(held, history ?? [], end, closed);
  return (await write(bucket, id, closed, attempts, { etagMatches: etag })) !== null;
}

/** The attempts with the end of the one that is closed. */
function withEnd(
  held: Entry,
  history: readonly RecordedAttempt[],
  end: Ending,
  closed: Entry,
): RecordedAttempt[] {
  if (end.state === "waiting") return dropAttempt(history);
  if (end.state === "dead") return loseAttempt(history);
  const ms = Math.max(Date.parse(closed.updatedAt) - Date.parse(held.updatedAt), 0);
  return endAttempt(history, {
    outcome: end.state === "queued" ? "partial" : end.state,
    ...("status" in end && end.status !== undefined && { status: end.status }),
    // The attempt died, and another consumer closes it.
    ms: ms < LEASE_MS ? ms : null,
    ...("error" in end && end.error !== "" && { error: closed.lastError }),
    ...(closed.state === "retrying" && { next_at: closed.notBefore }),
  });
}

/** Of an entry whose last attempt, made when it was written, has no known end. */
const firstUnknown = ({ unknownSince, updatedAt }: Entry): string => unknownSince ?? updatedAt;

/**
 * Begins an effect anew in the next generation. Null while it is being tried, unless
 * `isForced`: the running attempt cannot close it then.
 */
export async function reopenEffect(
  bucket: R2Bucket,
  id: RequestId,
  held: Held,
  now: number,
  isForced = false,
): Promise<Entry | null> {
  if (!isForced && held.state === "running" && secondsUntilFree(held, now) > 0) return null;
  const { notBefore: _, unknownSince: _known, countedOn: _counted, ...rest } = held;
  const { etag, history, ...known } = rest;
  const reopened: Entry = {
    ...known,
    state: "queued",
    attempts: 0,
    generation: held.generation + 1,
    timesDone: held.timesDone + (held.state === "done" ? 1 : 0),
    updatedAt: new Date(now).toISOString(),
  };
  const attempts = history ?? (await readEntry(bucket, id, effectName(held.effect)))?.history ?? [];
  return write(bucket, id, reopened, loseAttempt(attempts), { etagMatches: etag });
}

/** Null when no such effect was planned, or a newer version wrote what this one does not know. */
export async function readEntry(
  bucket: R2Bucket,
  id: RequestId,
  name: string,
): Promise<Held | null> {
  const object = await bucket.get(effectKey(id, name));
  if (object === null) return null;
  const history = attemptsIn(await object.text());
  const entry = toEntry(object);
  return entry && { ...entry, etag: object.etag, history };
}

/** All effects of a transcript that this version knows, without their attempts. */
export async function listEntries(bucket: R2Bucket, id: RequestId): Promise<Held[]> {
  const objects = await Array.fromAsync(listObjects(bucket, effectsPrefix(id)));
  return objects.flatMap((object) => {
    const entry = toEntry(object);
    return entry === null ? [] : { ...entry, etag: object.etag, history: null };
  });
}

/** Null when the condition does not hold. */
async function write(
  bucket: R2Bucket,
  id: RequestId,
  entry: Entry,
  history: readonly RecordedAttempt[],
  onlyIf: R2Conditional,
): Promise<Held | null> {
  const body = toLedgerBody(history);
  const customMetadata = entryMetadata(entry);
  const key = effectKey(id, effectName(entry.effect));
  let tries = 0;
  const object = await retryWrites(async () => {
    tries++;
    const written = await bucket.put(key, body, { onlyIf, customMetadata });
    // A try whose answer was lost may be what the condition of the next one fails on.
    return written ?? (tries > 1 ? writtenAs(bucket, key, body) : null);
  });
  return object && { ...entry, etag: object.etag, history };
}

async function writtenAs(bucket: R2Bucket, key: string, body: string): Promise<R2Object | null> {
  const there = await bucket.get(key);
  return there && (await there.text()) === body ? there : null;
}
