import { mayBeOfJob } from "../auth/job-credentials.ts";
import { hasRetentionBacklog, storeRetentionBacklog } from "../catalogue/alarm-signals.ts";
import { type CatalogueChange, writeCatalogue } from "../catalogue/catalogue.ts";
import { listExpired } from "../catalogue/expired.ts";
import { dropEmptyMonths } from "../catalogue/search/months.ts";
import { earliestEnd, hasRetention, type Retention } from "../config/retention.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { limitConcurrency } from "../lib/concurrency.ts";
import { log, reasonOf } from "../lib/log.ts";
import { headCallback } from "../store/callbacks.ts";
import { writeTombstone } from "../store/erase.ts";
import { readExpectation } from "../store/expectations.ts";
import { SECOND_ERASURE_DELAY_SECONDS } from "./erase-transcript.ts";

/**
 * Transcripts that one run deletes. Each takes three operations of the 1,000 that an invocation has, and
 * the sweep of large bodies takes about 500 of them. With a run each minute that is 129,600 a day.
 */
export const MAX_DELETED = 90;

/** Six requests of an invocation may wait for R2 at once. */
const AT_ONCE = 3;

/**
 * Deletes transcripts whose retention is over, those that are due for the longest time first: each has a
 * tombstone from now on, and its message has the rest erased two minutes later. Once an hour a run starts;
 * while transcripts are left, one continues every minute. Gives the number of transcripts. `now` in
 * milliseconds. Throws when the catalogue or the queue does not answer.
 */
export async function deleteExpired(
  env: Env,
  retention: Retention,
  now: number,
  run: "start" | "continue",
): Promise<number> {
  if (!hasRetention(retention)) return 0;
  if (run === "continue" && !(await hasRetentionBacklog(env.CATALOGUE))) return 0;
  const expired = await listExpired(env.CATALOGUE, retention, now, MAX_DELETED + 1);
  const due = expired.slice(0, MAX_DELETED);
  const changes = await deleteAll(
    env,
    due.map(({ requestId }) => requestId),
    now,
  );
  const isDone = changes.length === expired.length;
  // Those that failed are among them.
  const lateMs = isDone ? null : (expired[0]?.lateMs ?? 0);
  await storeRetentionBacklog(env.CATALOGUE, lateMs, now);
  if (isDone) await dropEmptyMonths(env, new Date(earliestEnd(retention, now)).toISOString());
  return changes.length;
}

/** Deletes all and returns the changes that the catalogue has; one that fails does not stop the others. */
async function deleteAll(
  env: Env,
  ids: readonly RequestId[],
  now: number,
): Promise<CatalogueChange[]> {
  if (ids.length === 0) return [];
  // First: it ends what breaks off after that.
  await env.FOLLOW_UP_QUEUE.sendBatch(
    ids.map((id) => ({
      body: { type: "callback", request_id: id },
      delaySeconds: SECOND_ERASURE_DELAY_SECONDS,
    })),
  );
  const deletedAt = new Date(now).toISOString();
  const limit = limitConcurrency(AT_ONCE);
  const deleting = ids.map((id) =>
    limit(() => deleteOne(env.TRANSCRIPTS, id, deletedAt)).catch((error: unknown) => {
      log("error", "retention.failed", { request_id: id, reason: reasonOf(error) });
      return null;
    }),
  );
  const changes = (await Promise.all(deleting)).filter((change) => change !== null);
  await writeCatalogue(env.CATALOGUE, changes);
  return changes;
}

/** Leaves a tombstone. A row without a transcript is removed: it would stay the oldest for ever. */
async function deleteOne(
  bucket: R2Bucket,
  requestId: RequestId,
  deletedAt: string,
): Promise<CatalogueChange> {
  const record = await headCallback(bucket, requestId);
  const expectation = await readExpectation(bucket, requestId);
  // The request that a job became has a time of its own, and is led to as long as it is there.
  const isSuperseded = mayBeOfJob(requestId) && record === null && expectation?.successor != null;
  if (isSuperseded || (record === null && expectation === null)) {
    return { change: "remove", requestId };
  }
  const grave = await writeTombstone(bucket, requestId, deletedAt, record);
  return { ...grave, change: "erase" };
}
