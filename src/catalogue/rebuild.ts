import { parseRequestId, type RequestId } from "../deepgram/request-id.ts";
import { log, reasonOf } from "../lib/log.ts";
import type { Deadline } from "../lib/timeout.ts";
import { listCallbacks } from "../store/callbacks.ts";
import { NO_DETAILS } from "../store/details.ts";
import { openExpectation } from "../store/expectations.ts";
import { CALLBACKS_PREFIX } from "../store/keys.ts";
import { factsOf } from "../store/open-body.ts";
import { toRecord } from "../store/record.ts";
import type { CatalogueChange } from "./catalogue.ts";
import { encodeCursor } from "./cursor.ts";
import type { RebuildReport } from "./rebuild-query.ts";
import { removeStatements } from "./remove.ts";
import { updateCatalogue } from "./update-catalogue.ts";

type Stores = Pick<Env, "CATALOGUE" | "TRANSCRIPTS">;

/** With up to ten operations each they stay within the 1,000 of an invocation. */
const MAX_OBJECTS = 80;

/** A large body is read by the megabyte; the one that goes beyond this is read to its end. */
const MAX_BYTES = 67_108_864;

/** Looked at in one part, and removed in one transaction if need be. */
const MAX_ROWS = 100;

/**
 * Makes anew the rows and what is found of the callbacks after the one of a name, in the order of their
 * keys, and removes the rows among them that R2 has no callback for. Ends when the deadline has come or
 * enough is done, at least one callback further. Lists and search stay right meanwhile.
 */
export async function rebuildPage(
  env: Stores,
  after: string,
  deadline: Deadline,
): Promise<RebuildReport> {
  // First the rows, then the objects: a row that comes in between is not taken for one without.
  const rows = await receivedAfter(env.CATALOGUE, after);
  const { objects, truncated } = await listCallbacks(env.TRANSCRIPTS, after, MAX_OBJECTS);
  const { done, failed } = await rebuildObjects(env, objects, deadline);
  const ends: string[] = [];
  if (rows.length === MAX_ROWS) ends.push(rows.at(-1)!);
  if (done.length < objects.length || truncated) ends.push(nameOf(done.at(-1)!));
  const [end] = ends.sort();
  const names = new Set(objects.map(nameOf));
  const gone = rows.filter((id) => !names.has(id) && (end === undefined || id <= end));
  if (gone.length > 0) await env.CATALOGUE.batch(removeStatements(env.CATALOGUE, gone));
  const cursor = end === undefined ? null : encodeCursor(end);
  return { transcripts: done.length, removed: gone.length, failed, cursor };
}

async function receivedAfter(db: D1Database, after: string): Promise<RequestId[]> {
  const { results } = await db
    .prepare(
      `SELECT request_id FROM transcripts
       WHERE request_id > ?1 AND sha256 IS NOT NULL
       ORDER BY request_id LIMIT ${MAX_ROWS}`,
    )
    .bind(after)
    .all<{ request_id: RequestId }>();
  return results.map(({ request_id }) => request_id);
}

/** Reports an object that cannot be read and skips it; stops only when the catalogue does not answer. */
async function rebuildObjects(env: Stores, objects: readonly R2Object[], deadline: Deadline) {
  const done: R2Object[] = [];
  const failed: string[] = [];
  let bytes = 0;
  for (const object of objects) {
    if (done.length > 0 && (deadline.msLeft() === 0 || bytes > MAX_BYTES)) break;
    try {
      const change = await changeOf(env.TRANSCRIPTS, object);
      // Counted first: a body that cannot be read to its end has cost its time too.
      bytes += change.change === "upsert" ? change.record.bytes : 0;
      await updateCatalogue(env, [change]);
    } catch (error) {
      await env.CATALOGUE.exec("SELECT 1");
      log("error", "catalogue.unreadable", { key: object.key, reason: reasonOf(error) });
      failed.push(object.key);
    }
    done.push(object);
  }
  return { done, failed };
}

async function changeOf(bucket: R2Bucket, object: R2Object): Promise<CatalogueChange> {
  const id = parseRequestId(nameOf(object));
  if (id === null || id !== nameOf(object)) throw new Error("the key is not that of a callback");
  const record = toRecord(id, object);
  if (record.state === "deleted")
    return { change: "erase", requestId: id, deletedAt: record.deletedAt };
  const facts = await factsOf(bucket, record);
  const details = (await openExpectation(bucket, id))?.details ?? NO_DETAILS;
  return { change: "upsert", record, facts, details };
}

const nameOf = ({ key }: R2Object): string => key.slice(CALLBACKS_PREFIX.length);
