import { empty, shared } from "../http/describe/answers.ts";
import type { Describe } from "../http/describe/operation.ts";
import { requestIdParameter } from "../http/describe/parameters.ts";
import type { Handler, Route } from "../http/route.ts";
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

export const deletionRoute: Route = {
  method: "DELETE",
  path: "/v1/transcripts/:request_id",
  scope: "admin",
  handle: deleteTranscript,
};

export const deletionOperation: Describe = ({ requestId }) => ({
  route: deletionRoute,
  tag: "Administration",
  operationId: "deleteTranscript",
  summary: "Erase a transcript",
  description:
    "Erases the body, its versions and all that was made of it, and leaves a tombstone with the time. Callbacks that come later are answered 200 and not stored. The id that was given out for a job stands for the request that it becomes. May be repeated.",
  params: requestIdParameter(requestId),
  responses: { 204: empty("It is erased."), 404: shared("UnknownTranscript") },
});
