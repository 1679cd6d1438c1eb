import { deadLettersQuery, dismissalQuery } from "../../operate/dead-letters.ts";
import { badRequest, empty, json, notFound, one } from "../answers.ts";
import { schemaRef } from "../components.ts";
import type { Examples } from "../examples.ts";
import type { Described } from "../operation.ts";
import { queryParameters } from "../parameters.ts";
import { shared } from "../shared-answers.ts";

/** `/v1/dead-letters`. */
export function deadLetterOperations({ requestId }: Examples): Described[] {
  const id = `${requestId}/translate:es`;
  return [
    {
      method: "get",
      path: "/v1/dead-letters",
      tag: "Follow-ups",
      scope: "admin",
      operationId: "listDeadLetters",
      summary: "List the work that was given up",
      description:
        "What was tried for about twelve hours, or would fail for good. A page may hold less than `limit`, since what the filters leave out counts.",
      parameters: queryParameters(deadLettersQuery, {
        ids: "Only these, separated by commas.",
        request_id: "Only those of this transcript.",
        channel: "Only those of this channel.",
        state: "Only those in this state; `uncertain` is what may have happened already.",
        limit: "The most on a page.",
        cursor: "`next_cursor` of the page before.",
      }),
      responses: {
        200: json("DeadLetterList", "A page.", {
          examples: one({
            dead_letters: [
              {
                id,
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
        400: badRequest(
          "A parameter is wrong; the answer names it.",
          "channel must be webhook, email, sms or translate.",
        ),
      },
    },
    {
      method: "delete",
      path: "/v1/dead-letters",
      tag: "Follow-ups",
      scope: "admin",
      operationId: "dismissDeadLetters",
      summary: "Put away what was given up",
      description:
        "Removes letters that nothing is to be done about: what they tell of is not done, and is no alarm any more. The state of the follow-up stays as it is.",
      parameters: queryParameters(dismissalQuery, {
        ids: { description: "Which, separated by commas.", example: id },
      }),
      responses: {
        204: empty("They are removed."),
        400: badRequest("A parameter is wrong; the answer names it.", "ids is missing."),
        404: notFound(
          "There is no letter of any of these ids.",
          "There is no dead letter of this id.",
        ),
      },
    },
    {
      method: "post",
      path: "/v1/dead-letters/redrive",
      tag: "Follow-ups",
      scope: "admin",
      operationId: "redriveDeadLetters",
      summary: "Do once more what was given up",
      description:
        "Redrives one page of the letters that pass the filter; `next_cursor` leads to the others. What has been done meanwhile is not done again; what may have been done (`uncertain`) only when it is asked for by `ids` or by that `state`. With `dry_run` it only tells what it would do.",
      requestBody: {
        description: "Which, and whether to do it.",
        required: true,
        content: {
          "application/json": {
            schema: schemaRef("Redrive"),
            examples: one({ filter: { request_id: requestId }, dry_run: true }),
          },
        },
      },
      responses: {
        200: json("RedriveReport", "What became of each letter.", {
          examples: one({
            dry_run: true,
            count: 1,
            results: [{ id, action: "would-redrive", reason: null }],
            next_cursor: null,
          }),
        }),
        400: badRequest(
          "The body is wrong; the answer names what is.",
          "dry_run must be true or false.",
        ),
        413: shared("BodyTooLarge"),
      },
    },
  ];
}
