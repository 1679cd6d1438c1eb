import * as z from "zod";
import { mayBeOfJob } from "../auth/job-credentials.ts";
import { type Callback, failedCallback, identify, isStreamMessage } from "../deepgram/callback.ts";
import { type RequestId, requestId } from "../deepgram/request-id.ts";
import {
  json,
  jsonRequest,
  notFound,
  one,
  problemAnswer,
  problemExample,
  shared,
  wrongBody,
} from "../http/describe/answers.ts";
import type { Describe } from "../http/describe/operation.ts";
import { problem, storageUnavailable } from "../http/problem.ts";
import { type Handler, jsonBody, type Route } from "../http/route.ts";
import { observe } from "../lib/log.ts";
import { handOver } from "../queue/messages.ts";
import { requireKnown, successorOf, unknownTranscript } from "../read/require-transcript.ts";
import { status } from "../read/status.ts";
import { transcriptStatus } from "../read/transcript-status.ts";
import { unmatchedReason } from "../receive/answer.ts";
import { headCallback, headVersion, storeCallback } from "../store/callbacks.ts";
import { readExpectation } from "../store/expectations.ts";
import { copyQuarantined, readQuarantined, removeQuarantined } from "../store/quarantine.ts";
import type { TakenBody } from "../store/take-body.ts";
import { digestOf, digestParameter, unknownDigest } from "./quarantine.ts";

const attachBody = z.strictObject({ request_id: requestId });

/** `POST /v1/quarantine/{digest}/attach`: answers with the status. */
const postAttach: Handler = async (c) => {
  const digest = digestOf(c.req.param("digest"));
  const asked = await jsonBody(attachBody, c.req.raw);
  const id = await attachQuarantined(c.env, digest, asked.request_id);
  const known = await status(c.env.TRANSCRIPTS, id, c.var.config).catch(storageUnavailable);
  if (known === null) throw unknownTranscript();
  return c.json(known, 200, { "cache-control": "no-store" });
};

/**
 * Stores a quarantined body as one of a request, with the rank that it has among the others, and gives
 * the id of that request: the id of a job stands for the request that it became. The entry goes last:
 * what is broken off is repeated. Repeating it changes nothing. Throws the answer when it cannot be done.
 */
export async function attachQuarantined(
  env: Env,
  digest: string,
  asked: RequestId,
): Promise<RequestId> {
  const bucket = env.TRANSCRIPTS;
  const id = await requestOf(bucket, asked).catch(storageUnavailable);
  const found = await readQuarantined(bucket, digest).catch(storageUnavailable);
  if (found === null) {
    if (!(await hasBody(bucket, id, digest).catch(storageUnavailable))) throw unknownDigest();
  } else {
    const callback = callbackOf(id, found.contentType, found.body);
    // The id that the body has itself needs no registration.
    if (!isNamed(id, found.body)) await requireKnown(bucket, id);
    const outcome = await attach(bucket, callback, found.body).catch(storageUnavailable);
    observe(env, "info", "attachment", { request_id: id, outcome });
    if (outcome === "deleted") await requireKnown(bucket, id);
  }
  await handOver(env, { type: "callback", request_id: id }).catch(storageUnavailable);
  await removeQuarantined(bucket, digest).catch(storageUnavailable);
  return id;
}

/** The id of a job stands for the request that it became. */
async function requestOf(bucket: R2Bucket, id: RequestId): Promise<RequestId> {
  const expectation = mayBeOfJob(id) ? await readExpectation(bucket, id) : null;
  return (expectation && (await successorOf(bucket, expectation))) ?? id;
}

const isNamed = (id: RequestId, { json }: TakenBody): boolean => {
  const own = identify(json);
  return own.ok && own.value.requestId === id;
};

/** Whether the request has a body with this SHA-256, current or not. */
async function hasBody(bucket: R2Bucket, id: RequestId, digest: string): Promise<boolean> {
  const current = await headCallback(bucket, id);
  if (current === null || current.state === "deleted") return false;
  return current.sha256 === digest || (await headVersion(bucket, id, digest)) !== null;
}

/** What a body says as one of a request, as it would on the URL of its job. Throws a 422 for none. */
function callbackOf(id: RequestId, contentType: string, body: TakenBody): Callback {
  if (unmatchedReason(contentType, body) !== null || isStreamMessage(body.json)) {
    throw problem(422, "not_a_result", "The body is neither a result nor an error of Deepgram.");
  }
  const own = identify(body.json);
  if (own.ok && own.value.requestId !== id) {
    throw problem(422, "another_request", "The body is about another request.");
  }
  if (own.ok) return own.value;
  if (own.reason === "no-request-id") {
    // A result without an id is a result all the same.
    const json = body.json as { metadata?: object };
    const named = identify({ ...json, metadata: { ...json.metadata, request_id: id } });
    if (named.ok && named.value.state === "received") return named.value;
  }
  return failedCallback(id, body.isJson ? body.json : new TextDecoder().decode(body.head));
}

/** Of a large body a copy is stored: its own is named by the entry until that goes. */
async function attach(bucket: R2Bucket, callback: Callback, body: TakenBody) {
  const { requestId, state, kind, facts } = callback;
  const receivedAt = new Date().toISOString();
  const record = { requestId, state, kind, facts, receivedAt, sha256: body.sha256 };
  const content = await copyQuarantined(bucket, body);
  return (await storeCallback(bucket, record, content)).outcome;
}

export const attachRoute: Route = {
  method: "POST",
  path: "/v1/quarantine/:digest/attach",
  scope: "admin",
  handle: postAttach,
};

export const attachOperation: Describe = ({ requestId, status }) => ({
  route: attachRoute,
  tag: "Administration",
  operationId: "attachQuarantined",
  summary: "Attach what could not be matched to a request",
  description:
    "The body becomes one of the request, as if it came now on the URL of its job: a transcript takes the place of a failure, else it is a version, and follow-ups run as after a callback. It leaves the quarantine. A body that names a request can only be attached to that one. Repeating it changes nothing.",
  params: digestParameter(),
  requestBody: jsonRequest(attachBody.meta({ id: "Attachment" }), "The request.", {
    request_id: requestId,
  }),
  responses: {
    200: json(transcriptStatus, "It is attached; the status of the request.", {
      examples: one(status),
    }),
    400: wrongBody("request_id is missing."),
    404: notFound(
      "Nothing with this digest is in quarantine, or the request is not known.",
      ["unknown_digest", "Nothing with this digest is in quarantine."],
      ["unknown_transcript", "No transcript is known by this request_id."],
    ),
    410: shared("Deleted"),
    413: shared("BodyTooLarge"),
    422: problemAnswer("The body cannot be attached to this request.", [
      problemExample(422, "not_a_result", "The body is neither a result nor an error of Deepgram."),
      problemExample(422, "another_request", "The body is about another request."),
    ]),
  },
});
