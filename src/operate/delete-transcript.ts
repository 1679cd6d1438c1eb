import type { Handler } from "../http/route.ts";
import { storageUnavailable } from "../http/storage-unavailable.ts";
import { requestIdOf } from "../read/request-id-of.ts";
import { unknownTranscript } from "../read/require-transcript.ts";
import { eraseTranscript } from "./erase-transcript.ts";

/** `DELETE /v1/transcripts/{request_id}` */
export const deleteTranscript: Handler = async (c) => {
  const known = await eraseTranscript(c.env, requestIdOf(c)).catch(storageUnavailable);
  if (!known) throw unknownTranscript();
  return c.body(null, 204);
};
