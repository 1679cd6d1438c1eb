import { configOf } from "../config/config.ts";
import { parseRequestId, type RequestId } from "../deepgram/request-id.ts";
import { log, reasonOf } from "../lib/log.ts";
import type { Deadline } from "../lib/timeout.ts";
import { listCallbacks } from "../store/callbacks.ts";
import { factsOf } from "../store/content.ts";
import { NO_DETAILS } from "../store/details.ts";
import { listEntries } from "../store/effect-claims.ts";
import { openExpectation } from "../store/expectations.ts";
import { CALLBACKS_PREFIX } from "../store/keys.ts";
import { toRecord } from "../store/record.ts";
import type { CatalogueChange } from "./catalogue.ts";
import { encodeCursor } from "./list-query.ts";
import type { RebuildReport } from "./rebuild-query.ts";
import { dropMonth, indexedMonths, MonthUnavailable } from "./search/months.ts";
import { updateCatalogue } from "./update-catalogue.ts";

/** With up to ten operations each they stay within the 1,000 of an invocation. */
const MAX_OBJECTS = 80;

/** A large body is read by the megabyte; the one that goes beyond this is read to its end. */
const MAX_BYTES = 67_108_864;

/** Each waits for one subrequest at a time; an invocation has six connections. */
const AT_ONCE = 4;

/** Looked at in one part, and removed in one transaction if need be. */
const MAX_ROWS = 100;

/**
 * Makes anew the rows and the words of the callbacks after the one of a name, in the order of their keys, and removes the rows among them that R2 has no callback for. Only those that begin with
 * `range`. Ends when the deadline has come or enough is done, at least one callback further. Lists and search stay right meanwhile.
 */
export async function rebuildPage(
  env: Env,
  { after, range }: { after: string; range: string },
  deadline: Deadline,
): Promise<RebuildReport> {
  if (after === "" && !configOf(env).isSearched) await dropIndexes(env);
  // First the rows, then the objects: a row that comes in between is not taken for one without.
  const rows = await receivedAfter(env.CATALOGUE, range, after);
  const { objects, truncated } = await listCallbacks(env.TRANSCRIPTS, {
    range,
    after,
    limit: MAX_OBJECTS,
  });
  const { done, failed } = await rebuildObjects(env, objects, deadline);
  const ends: string[] = [];
  if (rows.length === MAX_ROWS) ends.push(rows.at(-1)!.request_id);
  if (done.length < objects.length || truncated) ends.push(nameOf(done.at(-1)!));
  const [end] = ends.sort();
  const names = new Set(objects.map(nameOf));
  const gone = rows.filter(
    ({ request_id: id }) => !names.has(id) && (end === undefined || id <= end),
  );
  const removals = gone.map(
    ({ request_id, at }): CatalogueChange => ({
      change: "remove",
      requestId: request_id,
      firstReceivedAt: at,
    }),
  );
  await updateCatalogue(env, removals);
  const cursor = end === undefined ? null : encodeCursor(end);
  return { transcripts: done.length, removed: gone.length, failed, cursor };
}

/** Removes all words that were indexed while `SEARCH` was on. */
async function dropIndexes(env: Env): Promise<void> {
  for (const month of await indexedMonths(env.CATALOGUE)) await dropMonth(env, month);
}

type Received = { request_id: RequestId; at: string };

async function receivedAfter(db: D1Database, range: string, after: string): Promise<Received[]> {
  const { results } = await db
    .prepare(
      `SELECT request_id, at FROM transcripts
       WHERE request_id > ?1 AND request_id >= ?2 AND request_id < ?2 || 'g' AND sha256 IS NOT NULL
       ORDER BY request_id LIMIT ${MAX_ROWS}`,
    )
    .bind(after, range)
    .all<Received>();
  return results;
}

/** Reports an object that cannot be read and skips it; stops only when the catalogue does not answer. */
async function rebuildObjects(env: Env, objects: readonly R2Object[], deadline: Deadline) {
  const done: R2Object[] = [];
  const failed: string[] = [];
  let bytes = 0;
  const rebuild = async (object: R2Object): Promise<void> => {
    try {
      const change = await changeOf(env.TRANSCRIPTS, object);
      // Counted first: a body that cannot be read to its end has cost its time too.
      bytes += change.change === "upsert" ? change.record.bytes : 0;
      await updateCatalogue(env, [change]);
    } catch (error) {
      if (error instanceof MonthUnavailable) throw error;
      await env.CATALOGUE.exec("SELECT 1");
      log("error", "catalogue.unreadable", { key: object.key, reason: reasonOf(error) });
      failed.push(object.key);
    }
  };
  for (let from = 0; from < objects.length; from += AT_ONCE) {
    if (done.length > 0 && (deadline.msLeft() === 0 || bytes > MAX_BYTES)) break;
    const some = objects.slice(from, from + AT_ONCE);
    await Promise.all(some.map(rebuild));
    done.push(...some);
  }
  return { done, failed };
}

async function changeOf(bucket: R2Bucket, object: R2Object): Promise<CatalogueChange> {
  const id = parseRequestId(nameOf(object));
  if (id === null || id !== nameOf(object)) throw new Error("the key is not that of a callback");
  const record = toRecord(id, object);
  if (record.state === "deleted") return { change: "erase", ...record };
  const facts = await factsOf(bucket, record);
  const details = (await openExpectation(bucket, id))?.details ?? NO_DETAILS;
  const followUps = await listEntries(bucket, id);
  return { change: "upsert", record, facts, details, followUps };
}

const nameOf = ({ key }: R2Object): string => key.slice(CALLBACKS_PREFIX.length);
