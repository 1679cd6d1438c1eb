import { quarantineQuery } from "../../operate/quarantine.ts";
import { answer, badRequest, empty, json, notFound, one } from "../answers.ts";
import type { Described } from "../operation.ts";
import { pathParameter, queryParameters } from "../parameters.ts";

const DIGEST = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

const digest = pathParameter(
  "digest",
  "The SHA-256 of the body, in hexadecimal.",
  { type: "string", pattern: "^[0-9a-f]{64}$" },
  DIGEST,
);

const unknown = notFound(
  "Nothing with this digest is in quarantine.",
  "Nothing with this digest is in quarantine.",
);

/** `/v1/quarantine`. */
export const quarantineOperations: Described[] = [
  {
    method: "get",
    path: "/v1/quarantine",
    tag: "Administration",
    scope: "admin",
    operationId: "listQuarantine",
    summary: "List what could not be matched",
    description:
      "Bodies of verified callbacks that were no result that can be matched to a request, in the order of their digests.",
    parameters: queryParameters(quarantineQuery, {
      limit: "The most on a page.",
      cursor: "`next_cursor` of the page before.",
    }),
    responses: {
      200: json("QuarantineList", "A page.", {
        examples: one({
          quarantine: [
            {
              digest: DIGEST,
              bytes: 5,
              reason: "not-json",
              content_type: "text/plain",
              received_at: "2026-11-24T09:30:00.000Z",
            },
          ],
          next_cursor: null,
        }),
      }),
      400: badRequest("A parameter is wrong; the answer names it.", "cursor is not a digest."),
    },
  },
  {
    method: "get",
    path: "/v1/quarantine/{digest}",
    tag: "Administration",
    scope: "admin",
    operationId: "getQuarantined",
    summary: "Read what could not be matched",
    description: "The body as it came, a `callback_secret` masked.",
    parameters: [digest],
    responses: {
      200: answer("The body.", "application/octet-stream", {
        schema: { type: "string" },
        examples: one("hello"),
      }),
      404: unknown,
    },
  },
  {
    method: "delete",
    path: "/v1/quarantine/{digest}",
    tag: "Administration",
    scope: "admin",
    operationId: "deleteQuarantined",
    summary: "Remove what could not be matched",
    description: "For good.",
    parameters: [digest],
    responses: { 204: empty("It is removed."), 404: unknown },
  },
];
