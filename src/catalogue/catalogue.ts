import type { Facts } from "../deepgram/callback.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import type { Details } from "../store/details.ts";
import type { CallbackRecord } from "../store/record.ts";
import { type Erased, eraseStatements, removeStatements } from "./remove.ts";
import { type Row, toRow, upsertStatements } from "./upsert.ts";

export type CatalogueChange =
  | {
      change: "upsert";
      record: CallbackRecord;
      facts: Facts;
      /** What was said of the request before its callback came. */
      details?: Details;
    }
  /** `deletedAt` is ISO 8601 in UTC. */
  | ({ change: "erase" } & Erased)
  /** Of what is not listed any more, though nobody has deleted it. */
  | { change: "remove"; requestId: RequestId };

/**
 * Makes the catalogue say what R2 says, all changes or none. An erased request stays erased, whatever
 * is written of it later. Repeating it changes nothing.
 */
export async function writeCatalogue(db: D1Database, changes: CatalogueChange[]): Promise<void> {
  const rows: Row[] = [];
  const erased: Erased[] = [];
  const removed: RequestId[] = [];
  for (const change of changes) {
    if (change.change === "erase") erased.push(change);
    else if (change.change === "remove") removed.push(change.requestId);
    else rows.push(toRow(change.record, change.facts, change.details));
  }
  const statements = [
    ...(erased.length > 0 ? eraseStatements(db, erased) : []),
    ...(removed.length > 0 ? removeStatements(db, removed) : []),
    ...(rows.length > 0 ? upsertStatements(db, rows) : []),
  ];
  if (statements.length > 0) await db.batch(statements);
}
