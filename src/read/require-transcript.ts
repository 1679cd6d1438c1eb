import type { RequestId } from "../deepgram/request-id.ts";
import { problem } from "../http/problem.ts";
import { factsOf } from "../store/facts.ts";
import type { CallbackRecord, Tombstone } from "../store/record.ts";

export const unknownTranscript = () => problem(404, "No transcript is known by this request_id.");

/** Passes the record of a transcript that is there; throws the answer for every other state. */
export async function requireTranscript(
  bucket: R2Bucket,
  requestId: RequestId,
  record: CallbackRecord | Tombstone | null,
): Promise<CallbackRecord> {
  if (record === null) throw unknownTranscript();
  const members = { request_id: requestId, state: record.state };
  switch (record.state) {
    case "received":
      return record;
    case "failed": {
      const { error } = await factsOf(bucket, record);
      throw problem(424, "Deepgram could not transcribe the audio.", {
        members: { ...members, error },
      });
    }
    case "deleted":
      throw problem(410, "The transcript was deleted.", {
        members: { ...members, deleted_at: record.deletedAt },
      });
  }
}
