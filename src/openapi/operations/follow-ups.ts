import { badRequest, conflict, empty, json, notFound, one, problem, told } from "../answers.ts";
import { schemaRef } from "../components.ts";
import type { Examples } from "../examples.ts";
import type { Described } from "../operation.ts";
import { pathParameter, requestIdParameter } from "../parameters.ts";
import { shared } from "../shared-answers.ts";

const PATH = "/v1/transcripts/{request_id}/follow-ups";

/** What is to happen with a transcript besides. */
export function followUpOperations(examples: Examples): Described[] {
  const id = requestIdParameter(examples.requestId);
  return [ask(examples, id), retry(examples, id), retryAll(examples)];
}

type Id = ReturnType<typeof requestIdParameter>;

const ask = (examples: Examples, id: Id): Described => ({
  method: "post",
  path: PATH,
  tag: "Follow-ups",
  scope: ["submit", "read"],
  operationId: "addFollowUps",
  summary: "Ask for translations and notifications",
  description:
    "Each is done once: what was asked for before is not done again. The status, and the events, tell how far they are. Recipients of e-mail and SMS are those of `FOLLOW_UPS`, and those that `RECIPIENTS` allows; this holds for every token.",
  parameters: [id],
  requestBody: {
    description: "What is asked for; up to 50 of each.",
    required: true,
    content: {
      "application/json": {
        schema: schemaRef("NewFollowUps"),
        examples: one({ translate: ["es"] }),
      },
    },
  },
  responses: {
    202: json("FollowUps", "Those asked for, as they are now.", {
      examples: one({ follow_ups: [examples.followUp] }),
    }),
    400: badRequest(
      "The body is wrong; the answer names what is.",
      "The body asks for nothing.",
      "The webhook crm is not in WEBHOOK_ENDPOINTS.",
    ),
    404: shared("UnknownTranscript"),
    307: shared("Superseded"),
    409: conflict(
      "The transcript has not come, whether it still may or not; or the transcription failed, and there is nothing to translate.",
      "The transcript has not come yet: ask again when it has.",
      "What Deepgram could not transcribe cannot be translated.",
    ),
    410: shared("Deleted"),
    413: shared("BodyTooLarge"),
    422: problem(
      "A recipient is not within `RECIPIENTS`, or it asks for more languages than `MAX_TRANSLATIONS`; nothing was done of the rest.",
      [
        told(422, "Unprocessable Content", "+19005550123 is not within RECIPIENTS."),
        told(422, "Unprocessable Content", "fr is beyond MAX_TRANSLATIONS, 5 for one request."),
      ],
    ),
  },
});

const retry = ({ followUp }: Examples, id: Id): Described => ({
  method: "post",
  path: `${PATH}/{name}/retry`,
  tag: "Follow-ups",
  scope: "admin",
  operationId: "retryFollowUp",
  summary: "Do a follow-up once more",
  description: "Whatever came of it before, and even if it was done.",
  parameters: [
    id,
    pathParameter("name", "Its `name` in the status.", { type: "string" }, followUp.name),
  ],
  responses: {
    202: empty("It will be done."),
    404: notFound(
      "There is no such follow-up.",
      "The transcript has no follow-up of this name.",
      "No transcript is known by this request_id.",
    ),
    409: problem(
      "It is being done at this moment.",
      [told(409, "Conflict", "The follow-up is being tried at this moment.")],
      { headers: ["Retry-After"] },
    ),
    422: problem("Its recipient is no longer within `RECIPIENTS`.", [
      told(
        422,
        "Unprocessable Content",
        "The recipient of this follow-up is not within RECIPIENTS.",
      ),
    ]),
  },
});

const retryAll = ({ requestId, followUp: { name } }: Examples): Described => ({
  method: "post",
  path: "/v1/follow-ups/retry",
  tag: "Follow-ups",
  scope: "admin",
  operationId: "retryFollowUps",
  summary: "Do what was done for some requests once more",
  description:
    "For example after other bodies were promoted: people are not written to again by themselves. Of each request the follow-ups of the channels named that were done, and are about its current body, are done again. Unknown and deleted requests are passed over.",
  parameters: [],
  requestBody: {
    description: "Up to 20 requests, and the channels. With `dry_run` nothing is done.",
    required: true,
    content: {
      "application/json": {
        schema: schemaRef("FollowUpsToRetry"),
        examples: one({ request_ids: [requestId], channels: ["email", "sms"], dry_run: true }),
      },
    },
  },
  responses: {
    200: json("RetriedFollowUps", "What became of each.", {
      examples: one({
        dry_run: true,
        count: 1,
        results: [{ request_id: requestId, name, action: "would-retry", reason: null }],
      }),
    }),
    400: badRequest("The body is wrong; the answer names what is.", "channels names no channel."),
    413: shared("BodyTooLarge"),
  },
});
