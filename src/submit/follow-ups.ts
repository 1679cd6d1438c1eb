import type { Context } from "hono";
import * as z from "zod";
import type { AppEnv, Config } from "../config/config.ts";
import { type Effect, effectName, languageTag, notification } from "../config/follow-ups.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { admitEffects, type Refused } from "../follow-ups/allowed-effects.ts";
import { plan } from "../follow-ups/plan.ts";
import { redoEffect } from "../follow-ups/redrive.ts";
import {
  conflict,
  empty,
  json,
  jsonRequest,
  notFound,
  one,
  problemAnswer,
  problemExample,
  shared,
  wrongBody,
} from "../http/describe/answers.ts";
import { type Describe, described, requestIdParameter } from "../http/describe/operation.ts";
import { problem, storageUnavailable } from "../http/problem.ts";
import { type Handler, jsonBody, type Route, SUBMIT_AND_READ } from "../http/route.ts";
import { utf8Bytes } from "../lib/bytes.ts";
import { documentOnly } from "../lib/docs-only-schema.ts";
import { handOver } from "../queue/messages.ts";
import {
  notATranscript,
  requestIdOf,
  requireTranscript,
  successorOf,
} from "../read/require-transcript.ts";
import { followUpOf } from "../read/status.ts";
import { followUpStatus } from "../read/transcript-status.ts";
import { headCallback } from "../store/callbacks.ts";
import { listEntries, openEntry } from "../store/effect-claims.ts";
import { readExpectation } from "../store/expectations.ts";
import { resultKind } from "../store/record.ts";

const MAX_ASKED = 50;

/** With its prefix it is a key of R2, which has at most 1,024 bytes. */
const MAX_NAME_BYTES = 900;

export const followUpsBody = z
  .strictObject({
    translate: z.array(languageTag).max(MAX_ASKED).default([]),
    notify: z.array(notification).max(MAX_ASKED).default([]),
  })
  .refine(({ translate, notify }) => translate.length + notify.length > 0, "asks for nothing");

const followUpsAnswer = /* @__PURE__ */ documentOnly(() =>
  z.object({ follow_ups: z.array(followUpStatus) }).meta({ id: "FollowUps" }),
);

/** `POST /v1/transcripts/{request_id}/follow-ups` */
const postFollowUps: Handler = async (c) => {
  const requestId = requestIdOf(c);
  const asked = await jsonBody(followUpsBody, c.req.raw);
  const follow_ups = await addFollowUps(c, requestId, asked);
  return c.json({ follow_ups }, 202, { "cache-control": "no-store" });
};

/** Follow-ups beside those there are, and how each is. Throws the answer when they cannot be. */
export async function addFollowUps(
  c: Context<AppEnv>,
  requestId: RequestId,
  asked: z.infer<typeof followUpsBody>,
) {
  requireEndpoints(c.var.config, asked.notify);
  const bucket = c.env.TRANSCRIPTS;
  const found = await headCallback(bucket, requestId).catch(storageUnavailable);
  if (found === null) await refuseToCome(bucket, requestId);
  const record =
    found?.state === "failed" ? found : await requireTranscript(bucket, requestId, found);
  const kind = resultKind(record);
  if (kind === "text" && asked.translate.length > 0) throw notATranscript("translation");
  if (kind === null && asked.translate.length > 0) {
    throw problem(
      409,
      "transcription_failed",
      "What Deepgram could not transcribe cannot be translated.",
    );
  }
  const { effects } = plan(kind, {}, asked);
  const { refused } = await admitEffects(bucket, requestId, effects, c.var.config, {
    isAllOrNone: true,
  }).catch(storageUnavailable);
  if (refused.length > 0) throw problem(422, "not_allowed", refusalOf(refused));
  return enter(c.env, requestId, effects).catch(storageUnavailable);
}

/** Refuses a request that is expected and has no other id yet: there is nothing to follow up. */
async function refuseToCome(bucket: R2Bucket, requestId: RequestId): Promise<void> {
  const expectation = await readExpectation(bucket, requestId).catch(storageUnavailable);
  if (expectation === null) return;
  if ((await successorOf(bucket, expectation).catch(storageUnavailable)) !== null) return;
  throw problem(409, "not_received_yet", "The transcript has not come yet: ask again when it has.");
}

function requireEndpoints({ webhookEndpoints }: Config, notify: { channel: string; to: string }[]) {
  for (const { channel, to } of notify) {
    if (channel === "webhook" && !webhookEndpoints.has(to)) {
      throw problem(400, "unknown_webhook", `The webhook ${to} is not in WEBHOOK_ENDPOINTS.`);
    }
  }
}

const refusalOf = (refused: readonly Refused[]): string =>
  refused.map(({ effect: { to }, reason }) => `${to} ${reason}.`).join(" ");

/** Enters effects and has them sent; those that were known stay as they are. */
async function enter(env: Env, id: RequestId, effects: Effect[]) {
  for (const effect of effects) await openEntry(env.TRANSCRIPTS, id, effect, Date.now());
  await handOver(env, { type: "follow-ups", request_id: id });
  const names = new Set(effects.map(effectName));
  const entries = await listEntries(env.TRANSCRIPTS, id);
  return entries.map(followUpOf).filter(({ name }) => names.has(name));
}

const unknownFollowUp = () =>
  problem(404, "unknown_follow_up", "The transcript has no follow-up of this name.");

/** Thrown where a follow-up is to be repeated whose recipient is no longer allowed. */
export const notARecipient = () =>
  problem(422, "not_allowed", "The recipient of this follow-up is not within RECIPIENTS.");

/** `POST /v1/transcripts/{request_id}/follow-ups/{name}/retry` */
const postRetry: Handler = async (c) => {
  const requestId = requestIdOf(c);
  const name = c.req.param("name") ?? "";
  if (utf8Bytes(name) > MAX_NAME_BYTES) throw unknownFollowUp();
  const redone = await redoEffect(c.env, c.var.config, requestId, name, Date.now()).catch(
    storageUnavailable,
  );
  switch (redone) {
    case "again":
      return c.body(null, 202);
    case "unknown":
      throw unknownFollowUp();
    case "refused":
      throw notARecipient();
    case "running":
      throw problem(409, "follow_up_running", "The follow-up is being tried at this moment.", {
        headers: { "retry-after": "60" },
      });
  }
};

export const followUpsRoute: Route = {
  method: "POST",
  path: "/v1/transcripts/:request_id/follow-ups",
  scope: SUBMIT_AND_READ,
  handle: postFollowUps,
};

export const retryRoute: Route = {
  method: "POST",
  path: "/v1/transcripts/:request_id/follow-ups/:name/retry",
  scope: "admin",
  handle: postRetry,
};

export const followUpsOperation: Describe = ({ requestId, followUp }) => ({
  route: followUpsRoute,
  tag: "Follow-ups",
  operationId: "addFollowUps",
  summary: "Ask for translations and notifications",
  description:
    "Each is done once: what was asked for before is not done again. The status, and the events, tell how far they are. Recipients of e-mail and SMS are those of `FOLLOW_UPS`, and those that `RECIPIENTS` allows; this holds for every token.",
  params: requestIdParameter(requestId),
  requestBody: jsonRequest(
    followUpsBody.meta({ id: "NewFollowUps" }),
    "What is asked for; up to 50 of each.",
    { translate: ["es"] },
  ),
  responses: {
    202: json(followUpsAnswer, "Those asked for, as they are now.", {
      examples: one({ follow_ups: [followUp] }),
    }),
    307: shared("Superseded"),
    400: wrongBody("The body asks for nothing.", [
      "unknown_webhook",
      "The webhook crm is not in WEBHOOK_ENDPOINTS.",
    ]),
    404: shared("UnknownTranscript"),
    409: conflict(
      "The transcript has not come, whether it still may or not; or the transcription failed, and there is nothing to translate.",
      ["not_received_yet", "The transcript has not come yet: ask again when it has."],
      ["transcription_failed", "What Deepgram could not transcribe cannot be translated."],
    ),
    410: shared("Deleted"),
    413: shared("BodyTooLarge"),
    422: problemAnswer(
      "A recipient is not within `RECIPIENTS`, or it asks for more languages than `MAX_TRANSLATIONS`; nothing was done of the rest.",
      [
        problemExample(422, "not_allowed", "+19005550123 is not within RECIPIENTS."),
        problemExample(422, "not_allowed", "fr is beyond MAX_TRANSLATIONS, 5 for one request."),
      ],
    ),
  },
});

export const retryOperation: Describe = ({ requestId, followUp }) => ({
  route: retryRoute,
  tag: "Follow-ups",
  operationId: "retryFollowUp",
  summary: "Do a follow-up once more",
  description: "Whatever came of it before, and even if it was done.",
  params: {
    ...requestIdParameter(requestId),
    name: described(z.string(), "Its `name` in the status.", followUp.name),
  },
  responses: {
    202: empty("It will be done."),
    404: notFound(
      "There is no such follow-up.",
      ["unknown_follow_up", "The transcript has no follow-up of this name."],
      ["unknown_transcript", "No transcript is known by this request_id."],
    ),
    409: problemAnswer(
      "It is being done at this moment.",
      [problemExample(409, "follow_up_running", "The follow-up is being tried at this moment.")],
      { headers: ["Retry-After"] },
    ),
    422: problemAnswer("Its recipient is no longer within `RECIPIENTS`.", [
      problemExample(
        422,
        "not_allowed",
        "The recipient of this follow-up is not within RECIPIENTS.",
      ),
    ]),
  },
});
