import type { Facts } from "../deepgram/callback.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import type { CallbackRecord } from "../store/record.ts";
import { eraseStatements } from "./remove.ts";
import { type Row, toRow, upsertStatements } from "./upsert.ts";

export type CatalogueChange =
  | { change: "upsert"; record: CallbackRecord; facts: Facts }
  | { change: "erase"; requestId: RequestId };

/**
 * Makes the catalogue say what R2 says, all changes or none. An erased request stays erased, whatever
 * is written of it later. Repeating it changes nothing.
 */
export async function writeCatalogue(db: D1Database, changes: CatalogueChange[]): Promise<void> {
  const rows: Row[] = [];
  const erased: RequestId[] = [];
  for (const change of changes) {
    if (change.change === "erase") erased.push(change.requestId);
    else rows.push(toRow(change.record, change.facts));
  }
  const statements = [
    ...(erased.length > 0 ? eraseStatements(db, erased, new Date().toISOString()) : []),
    ...(rows.length > 0 ? upsertStatements(db, rows) : []),
  ];
  if (statements.length > 0) await db.batch(statements);
}
