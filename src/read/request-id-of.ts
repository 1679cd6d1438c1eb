import type { Context } from "hono";
import type { AppEnv } from "../config/app-env.ts";
import { parseRequestId, type RequestId } from "../deepgram/request-id.ts";
import { unknownTranscript } from "./require-transcript.ts";

/** The `request_id` of the path. Throws a 404 when it is not one. */
export function requestIdOf(c: Context<AppEnv>): RequestId {
  const requestId = parseRequestId(c.req.param("request_id"));
  if (requestId === null) throw unknownTranscript();
  return requestId;
}
