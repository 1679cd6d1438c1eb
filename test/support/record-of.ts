import { env } from "cloudflare:workers";
import type { RequestId } from "../../src/deepgram/request-id.ts";
import { headCallback } from "../../src/store/callbacks.ts";
import type { CallbackRecord } from "../../src/store/record.ts";

/** The record of the current body of a request. */
export async function recordOf(id: string): Promise<CallbackRecord> {
  const record = await headCallback(env.TRANSCRIPTS, id as RequestId);
  if (record === null || record.state === "deleted") throw new Error(`${id} has no body`);
  return record;
}
