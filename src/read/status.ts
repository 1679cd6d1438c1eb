import type { RequestId } from "../deepgram/request-id.ts";
import { effectName } from "../follow-ups/effect.ts";
import { type Entry, toEntry } from "../follow-ups/ledger.ts";
import { headCallback } from "../store/callbacks.ts";
import { factsOf } from "../store/facts.ts";
import { besidePrefix, effectsPrefix, versionsPrefix } from "../store/keys.ts";
import { listObjects } from "../store/list.ts";
import { toRecord } from "../store/record.ts";

/** A body that came later for the same request: read it with `?version={sha256}`. */
type Conflict = { sha256: string; bytes: number; received_at: string };

/** All that is known of a request, in the words of the contract; null when nothing is. */
export async function status(bucket: R2Bucket, requestId: RequestId) {
  const record = await headCallback(bucket, requestId);
  if (record === null) return null;
  if (record.state === "deleted") {
    return { request_id: requestId, state: record.state, deleted_at: record.deletedAt };
  }
  const { conflicts, followUps } = await beside(bucket, requestId);
  const { error, ...facts } = await factsOf(bucket, record);
  return {
    request_id: requestId,
    state: record.state,
    received_at: record.receivedAt,
    bytes: record.bytes,
    sha256: record.sha256,
    ...facts,
    conflicts,
    error,
    follow_ups: followUps.map(followUpOf),
  };
}

async function beside(bucket: R2Bucket, id: RequestId) {
  const conflicts: Conflict[] = [];
  const followUps: Entry[] = [];
  for await (const object of listObjects(bucket, besidePrefix(id))) {
    if (object.key.startsWith(versionsPrefix(id))) {
      const version = toRecord(id, object);
      if (version.state === "deleted") continue;
      const { sha256, bytes, receivedAt } = version;
      conflicts.push({ sha256, bytes, received_at: receivedAt });
    } else if (object.key.startsWith(effectsPrefix(id))) {
      followUps.push(toEntry(object));
    }
  }
  return { conflicts, followUps };
}

const followUpOf = ({ effect, state, attempts, lastError, updatedAt }: Entry) => ({
  name: effectName(effect),
  state,
  attempts,
  last_error: lastError || null,
  updated_at: updatedAt,
});
