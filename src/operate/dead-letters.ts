import * as z from "zod";
import { requestId } from "../deepgram/request-id.ts";
import { type Redriven, redrive } from "../follow-ups/redrive.ts";
import {
  empty,
  json,
  jsonRequest,
  notFound,
  one,
  shared,
  wrongBody,
  wrongParameter,
} from "../http/describe/answers.ts";
import type { Describe } from "../http/describe/operation.ts";
import { problem, storageUnavailable } from "../http/problem.ts";
import { type Handler, jsonBody, query, type Route } from "../http/route.ts";
import { utf8Bytes } from "../lib/bytes.ts";
import { documentOnly } from "../lib/docs-only-schema.ts";
import { message } from "../queue/messages.ts";
import {
  type DeadLetter,
  dismissDeadLetters,
  listDeadLetters,
  readDeadLetters,
} from "../store/dead-letters.ts";

/** Each dead letter costs a read, and a redrive three more operations. */
const MAX_PAGE = 200;

/** With its prefix it is a key of R2. */
const MAX_ID_BYTES = 1_000;

const ids = z
  .array(z.string().refine((id) => utf8Bytes(id) <= MAX_ID_BYTES, "is too long"))
  .min(1)
  .max(MAX_PAGE);

const filter = z.strictObject({
  ids: ids.optional(),
  request_id: requestId.optional(),
  channel: z.enum(["webhook", "email", "sms", "translate"]).optional(),
  state: z.enum(["failed", "dead", "uncertain"]).optional(),
});

type Filter = z.infer<typeof filter>;

const page = {
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(MAX_PAGE),
  cursor: z.string().max(1_024).optional(),
};

const idList = z
  .string()
  .transform((list) => list.split(","))
  .pipe(ids);

const deadLettersQuery = z.object({ ...filter.shape, ids: idList.optional(), ...page });

const dismissalQuery = z.object({ ids: idList });

const redriveBody = z.strictObject({
  filter: filter.default({}),
  dry_run: z.boolean().default(false),
  ...page,
});

const time = z.iso.datetime();

const deadLettersPage = /* @__PURE__ */ documentOnly(() =>
  z
    .object({
      dead_letters: z.array(
        z.object({
          id: z.string(),
          message: z.unknown(),
          state: z.enum(["failed", "dead", "uncertain"]),
          attempts: z.int(),
          reason: z.string(),
          died_at: time,
        }),
      ),
      next_cursor: z.string().nullable(),
    })
    .meta({ id: "DeadLetterList" }),
);

const redrivePage = /* @__PURE__ */ documentOnly(() =>
  z
    .object({
      dry_run: z.boolean(),
      count: z.int().describe("How many were redriven, or would be."),
      results: z.array(
        z.object({
          id: z.string(),
          action: z.enum(["redriven", "would-redrive", "skipped"]),
          reason: z.string().nullable(),
        }),
      ),
      next_cursor: z.string().nullable(),
    })
    .meta({ id: "RedriveReport" }),
);

/** `GET /v1/dead-letters` */
const getDeadLetters: Handler = async (c) => {
  const { limit, cursor, ...wanted } = query(deadLettersQuery, c.req.query());
  const { deadLetters, next_cursor } = await findDeadLetters(
    c.env.TRANSCRIPTS,
    wanted,
    limit,
    cursor,
  );
  const dead_letters = deadLetters.filter((each) => matches(each, wanted));
  return c.json({ dead_letters, next_cursor }, 200, { "cache-control": "no-store" });
};

/**
 * `POST /v1/dead-letters/redrive`: one page; `next_cursor` leads to the others. Work that may
 * have been done already is repeated only when it is asked for by id or by `"state":"uncertain"`.
 */
const postRedrive: Handler = async (c) => {
  const body = await jsonBody(redriveBody, c.req.raw);
  const { filter: wanted, dry_run: isDry, limit, cursor } = body;
  const { deadLetters, next_cursor } = await findDeadLetters(
    c.env.TRANSCRIPTS,
    wanted,
    limit,
    cursor,
  );
  const results: Redriven[] = [];
  const skipsUncertain = wanted.ids === undefined && wanted.state !== "uncertain";
  for (const deadLetter of deadLetters.filter((each) => matches(each, wanted))) {
    const options = { isDry, skipsUncertain, now: Date.now() };
    results.push(await redrive(c.env, c.var.config, deadLetter, options).catch(storageUnavailable));
  }
  const count = results.filter(({ action }) => action !== "skipped").length;
  return c.json({ dry_run: isDry, count, results, next_cursor }, 200, {
    "cache-control": "no-store",
  });
};

/** `DELETE /v1/dead-letters`: dismisses dead letters and clears their alarm. */
const deleteDeadLetters: Handler = async (c) => {
  const { ids } = query(dismissalQuery, c.req.query());
  const isDismissed = await dismissDeadLetters(c.env.TRANSCRIPTS, ids).catch(storageUnavailable);
  if (!isDismissed)
    throw problem(404, "unknown_dead_letter", "There is no dead letter with this id.");
  return c.body(null, 204);
};

/** Those that are named; or else a page of those of one request, or of all. */
async function findDeadLetters(
  bucket: R2Bucket,
  { ids, request_id }: Filter,
  limit: number,
  cursor: string | undefined,
): Promise<{ deadLetters: DeadLetter[]; next_cursor: string | null }> {
  const found =
    ids === undefined
      ? listDeadLetters(bucket, {
          limit,
          ...(request_id !== undefined && { request_id }),
          ...(cursor !== undefined && { cursor }),
        })
      : readDeadLetters(bucket, ids).then((deadLetters) => ({ deadLetters, next_cursor: null }));
  return found.catch(storageUnavailable);
}

function matches(
  { message: body, state: itsState }: DeadLetter,
  { request_id, channel, state }: Filter,
): boolean {
  const { data: work } = message.safeParse(body);
  const channelOf = work?.type === "effect" ? work.effect.channel : undefined;
  return (
    (request_id === undefined || work?.request_id === request_id) &&
    (channel === undefined || channelOf === channel) &&
    (state === undefined || itsState === state)
  );
}

export const deadLettersRoute: Route = {
  method: "GET",
  path: "/v1/dead-letters",
  scope: "admin",
  query: [deadLettersQuery],
  handle: getDeadLetters,
};

export const dismissalRoute: Route = {
  method: "DELETE",
  path: "/v1/dead-letters",
  scope: "admin",
  query: [dismissalQuery],
  handle: deleteDeadLetters,
};

export const redriveRoute: Route = {
  method: "POST",
  path: "/v1/dead-letters/redrive",
  scope: "admin",
  handle: postRedrive,
};

export const deadLettersOperation: Describe = ({ requestId }) => ({
  route: deadLettersRoute,
  tag: "Follow-ups",
  operationId: "listDeadLetters",
  summary: "List the work that was given up",
  description:
    "What was tried for about twelve hours, or would fail for good. A page may hold less than `limit`, since what the filters leave out counts.",
  query: {
    ids: "Only these, separated by commas.",
    request_id: "Only those of this transcript.",
    channel: "Only those of this channel.",
    state: "Only those in this state; `uncertain` is what may have happened already.",
    limit: "The most on a page.",
    cursor: "`next_cursor` of the page before.",
  },
  responses: {
    200: json(deadLettersPage, "A page.", {
      examples: one({
        dead_letters: [
          {
            id: `${requestId}/translate:es`,
            message: {
              type: "effect",
              request_id: requestId,
              effect: { channel: "translate", to: "es" },
              generation: 0,
            },
            state: "dead",
            attempts: 20,
            reason: "the translator answered 503",
            died_at: "2026-11-24T21:30:00.000Z",
          },
        ],
        next_cursor: null,
      }),
    }),
    400: wrongParameter("channel must be webhook, email, sms or translate."),
  },
});

export const dismissalOperation: Describe = ({ requestId }) => ({
  route: dismissalRoute,
  tag: "Follow-ups",
  operationId: "dismissDeadLetters",
  summary: "Dismiss dead letters",
  description:
    "Dismisses dead letters and clears their alarm. Their work is not done; the state of the follow-up stays as it is.",
  query: {
    ids: { description: "Which, separated by commas.", example: `${requestId}/translate:es` },
  },
  responses: {
    204: empty("They are removed."),
    400: wrongParameter("ids is missing."),
    404: notFound("There is no dead letter with any of these ids.", [
      "unknown_dead_letter",
      "There is no dead letter with this id.",
    ]),
  },
});

export const redriveOperation: Describe = ({ requestId }) => ({
  route: redriveRoute,
  tag: "Follow-ups",
  operationId: "redriveDeadLetters",
  summary: "Do once more what was given up",
  description:
    "Redrives one page of the dead letters that match the filter; `next_cursor` leads to the others. Work that was done meanwhile is not repeated; work that may have been done (`uncertain`) only when it is asked for by `ids` or by that `state`. With `dry_run` it only tells what it would do.",
  requestBody: jsonRequest(redriveBody.meta({ id: "Redrive" }), "Which, and whether to do it.", {
    filter: { request_id: requestId },
    dry_run: true,
  }),
  responses: {
    200: json(redrivePage, "What became of each dead letter.", {
      examples: one({
        dry_run: true,
        count: 1,
        results: [{ id: `${requestId}/translate:es`, action: "would-redrive", reason: null }],
        next_cursor: null,
      }),
    }),
    400: wrongBody("dry_run must be true or false."),
    413: shared("BodyTooLarge"),
  },
});
