import type { CallbackRecord } from "../store/record.ts";

/** Whether the catalogue has this callback, as it has once all its follow-ups are planned. One row read. */
export async function knowsCallback(
  db: D1Database,
  { requestId, sha256 }: CallbackRecord,
): Promise<boolean> {
  const statement = db.prepare("SELECT 1 FROM transcripts WHERE request_id = ?1 AND sha256 = ?2");
  return (await statement.bind(requestId, sha256).first()) !== null;
}
