import type { Context } from "hono";
import type { AppEnv } from "../config/app-env.ts";
import { notARequestId, parseRequestId, type RequestId } from "../deepgram/request-id.ts";
import { problem } from "../http/problem.ts";

/** The `request_id` of the path. Throws a 404 when it is not one. */
export function requestIdOf(c: Context<AppEnv>): RequestId {
  const requestId = parseRequestId(c.req.param("request_id"));
  if (requestId === null) {
    throw problem(404, "unknown_transcript", `${notARequestId(c.req.param("request_id"))}.`);
  }
  return requestId;
}
