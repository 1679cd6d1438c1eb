import * as z from "zod";
import { catalogueExpectation } from "../catalogue/expectations.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { json, jsonRequest, one, shared, wrongBody } from "../http/describe/answers.ts";
import { type Describe, requestIdParameter } from "../http/describe/operation.ts";
import { storageUnavailable } from "../http/problem.ts";
import { type Handler, jsonBody, type Route, SUBMIT_AND_READ } from "../http/route.ts";
import { log, reasonOf } from "../lib/log.ts";
import { handOver } from "../queue/messages.ts";
import { requestIdOf, requireKnown, unknownTranscript } from "../read/require-transcript.ts";
import { status } from "../read/status.ts";
import { transcriptStatus } from "../read/transcript-status.ts";
import type { Edited } from "../store/details.ts";
import { editDetails } from "../store/expectations.ts";
import { tagsField, titleField } from "../submit/expected.ts";

export const editBody = z
  .strictObject({
    title: titleField.nullable().optional(),
    tags: tagsField.nullable().optional(),
  })
  .refine(({ title, tags }) => title !== undefined || tags !== undefined, "has no title or tags");

/** `PATCH /v1/transcripts/{request_id}`: answers with the status. */
const patchTranscript: Handler = async (c) => {
  const requestId = requestIdOf(c);
  const { title, tags } = await jsonBody(editBody, c.req.raw);
  await editTranscript(c.env, requestId, {
    ...(title !== undefined && { title }),
    ...(tags !== undefined && { tags: tags && [...new Set(tags)] }),
  });
  const known = await status(c.env.TRANSCRIPTS, requestId, c.var.config).catch(storageUnavailable);
  if (known === null) throw unknownTranscript();
  return c.json(known, 200, { "cache-control": "no-store" });
};

/**
 * Gives a request a title or tags in the place of those that came with it, or by null those again. The
 * catalogue follows. Throws the answer when the request is unknown or deleted, and when R2 does not
 * answer; may be repeated.
 */
export async function editTranscript(
  env: Env,
  requestId: RequestId,
  change: Partial<Edited>,
): Promise<void> {
  const { record } = await requireKnown(env.TRANSCRIPTS, requestId);
  const receivedAt = record?.receivedAt ?? new Date().toISOString();
  const open = await editDetails(env.TRANSCRIPTS, requestId, change, receivedAt).catch(
    storageUnavailable,
  );
  if (record !== null) {
    await handOver(env, { type: "callback", request_id: requestId }).catch(storageUnavailable);
  } else if (open !== null) {
    const { expectation, details } = open;
    // A catalogue that is away holds nothing up: it is written again when the callback comes.
    await catalogueExpectation(env.CATALOGUE, { ...expectation, details }).catch((error) =>
      log("warn", "catalogue.unavailable", { request_id: requestId, reason: reasonOf(error) }),
    );
  }
}

export const editRoute: Route = {
  method: "PATCH",
  path: "/v1/transcripts/:request_id",
  scope: SUBMIT_AND_READ,
  handle: patchTranscript,
};

export const editOperation: Describe = ({ requestId, status }) => ({
  route: editRoute,
  tag: "Submitting",
  operationId: "editTranscript",
  summary: "Name and tag a transcript",
  description:
    "What is given takes the place of the title or tags that came with the request, in the status, lists, search and the names of downloads; the callback itself stays as it came. What is not given stays. `null` brings back what came with the request, and an empty list of tags leaves none. It belongs to the request: whichever body is current, it stays.",
  params: requestIdParameter(requestId),
  requestBody: jsonRequest(editBody.meta({ id: "Edit" }), "What is to change.", {
    title: "The call of Tuesday",
    tags: ["front-desk"],
  }),
  responses: {
    200: json(transcriptStatus, "The status.", { examples: one(status) }),
    307: shared("Superseded"),
    400: wrongBody("title must have at most 200 characters."),
    404: shared("UnknownTranscript"),
    410: shared("Deleted"),
    413: shared("BodyTooLarge"),
  },
});
