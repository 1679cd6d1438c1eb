import * as z from "zod";
import { effectName } from "../config/follow-ups.ts";
import { requestId } from "../deepgram/request-id.ts";
import { RECIPIENT_REFUSED, recipientProblem } from "../follow-ups/allowed-effects.ts";
import { redoEffect } from "../follow-ups/redrive.ts";
import { isMoot } from "../follow-ups/replaced-body.ts";
import { json, jsonRequest, one, shared, wrongBody } from "../http/describe/answers.ts";
import type { Describe } from "../http/describe/operation.ts";
import { storageUnavailable } from "../http/problem.ts";
import { type Handler, jsonBody, type Route } from "../http/route.ts";
import { documentOnly } from "../lib/docs-only-schema.ts";
import { headCallback } from "../store/callbacks.ts";
import { listEntries } from "../store/effect-claims.ts";

/** Each costs two reads, and three operations for each of its follow-ups. */
const MAX_REQUESTS = 20;

const retryAllBody = z.strictObject({
  request_ids: z.array(requestId).min(1).max(MAX_REQUESTS),
  channels: z.array(z.enum(["webhook", "email", "sms", "translate"])).min(1, "names no channel"),
  dry_run: z.boolean().default(false),
});

const retryAllAnswer = /* @__PURE__ */ documentOnly(() =>
  z
    .object({
      dry_run: z.boolean(),
      count: z.int().describe("How many are done again, or would be."),
      results: z.array(
        z.object({
          request_id: z.string(),
          name: z.string(),
          action: z.enum(["retried", "would-retry", "skipped"]),
          reason: z.string().nullable(),
        }),
      ),
    })
    .meta({ id: "RetriedFollowUps" }),
);

type Result = z.infer<typeof retryAllAnswer>["results"][number];

/**
 * `POST /v1/follow-ups/retry`: has the follow-ups of some requests that were done be done again, those
 * of the channels that are named. Those about a body that is not current any more are left out.
 */
const postRetryAll: Handler = async (c) => {
  const { request_ids, channels, dry_run } = await jsonBody(retryAllBody, c.req.raw);
  const results: Result[] = [];
  for (const id of new Set(request_ids)) {
    const record = await headCallback(c.env.TRANSCRIPTS, id).catch(storageUnavailable);
    if (record === null || record.state === "deleted") continue;
    const entries = await listEntries(c.env.TRANSCRIPTS, id).catch(storageUnavailable);
    for (const { effect, state } of entries) {
      if (!channels.includes(effect.channel) || isMoot(effect, record)) continue;
      const result = { request_id: id, name: effectName(effect) };
      if (state !== "done") {
        results.push({ ...result, action: "skipped", reason: `it is ${state}` });
      } else if (recipientProblem(effect, c.var.config) !== null) {
        results.push({ ...result, action: "skipped", reason: RECIPIENT_REFUSED });
      } else if (dry_run) {
        results.push({ ...result, action: "would-retry", reason: null });
      } else {
        const redone = await redoEffect(c.env, c.var.config, id, result.name, Date.now()).catch(
          storageUnavailable,
        );
        results.push(
          redone === "again"
            ? { ...result, action: "retried", reason: null }
            : { ...result, action: "skipped", reason: "it is being tried at this moment" },
        );
      }
    }
  }
  const count = results.filter(({ action }) => action !== "skipped").length;
  return c.json({ dry_run, count, results }, 200, { "cache-control": "no-store" });
};

export const retryAllRoute: Route = {
  method: "POST",
  path: "/v1/follow-ups/retry",
  scope: "admin",
  handle: postRetryAll,
};

export const retryAllOperation: Describe = ({ requestId, followUp: { name } }) => ({
  route: retryAllRoute,
  tag: "Follow-ups",
  operationId: "retryFollowUps",
  summary: "Do what was done for some requests once more",
  description:
    "For example after other bodies were promoted: people are not written to again by themselves. Of each request the follow-ups of the channels named that were done, and are about its current body, are done again. Unknown and deleted requests are passed over.",
  requestBody: jsonRequest(
    retryAllBody.meta({ id: "FollowUpsToRetry" }),
    "Up to 20 requests, and the channels. With `dry_run` nothing is done.",
    { request_ids: [requestId], channels: ["email", "sms"], dry_run: true },
  ),
  responses: {
    200: json(retryAllAnswer, "What became of each.", {
      examples: one({
        dry_run: true,
        count: 1,
        results: [{ request_id: requestId, name, action: "would-retry", reason: null }],
      }),
    }),
    400: wrongBody("channels names no channel."),
    413: shared("BodyTooLarge"),
  },
});
