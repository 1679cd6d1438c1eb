import * as z from "zod";
import { answer, empty, json, notFound, one, wrongParameter } from "../http/describe/answers.ts";
import { type Describe, described } from "../http/describe/operation.ts";
import { problem, storageUnavailable } from "../http/problem.ts";
import { type Handler, query, type Route } from "../http/route.ts";
import { isDigest } from "../lib/digest.ts";
import {
  listQuarantine,
  openQuarantined,
  type Quarantined,
  removeQuarantined,
} from "../store/quarantine.ts";

const MAX_PAGE = 1_000;

const quarantineQuery = z.object({
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(100),
  cursor: z.string().refine(isDigest, "is not a digest").optional(),
});

/** `GET /v1/quarantine` */
const listQuarantined: Handler = async (c) => {
  const { limit, cursor } = query(quarantineQuery, c.req.query());
  const page = await listQuarantine(c.env.TRANSCRIPTS, limit, cursor).catch(storageUnavailable);
  return c.json(page, 200, { "cache-control": "no-store" });
};

/** `GET /v1/quarantine/{digest}` */
export const getQuarantined: Handler = async (c) => {
  const digest = digestOf(c.req.param("digest"));
  const object = await openQuarantined(c.env.TRANSCRIPTS, digest).catch(storageUnavailable);
  if (object === null) throw unknownDigest();
  // Its sender's content type is not repeated: nothing of it may be run by a browser.
  return new Response(object.body, {
    headers: {
      "content-type": "application/octet-stream",
      "x-content-type-options": "nosniff",
      "cache-control": "no-store",
    },
  });
};

/** `DELETE /v1/quarantine/{digest}` */
export const deleteQuarantined: Handler = async (c) => {
  const digest = digestOf(c.req.param("digest"));
  const isRemoved = await removeQuarantined(c.env.TRANSCRIPTS, digest).catch(storageUnavailable);
  if (!isRemoved) throw unknownDigest();
  return c.body(null, 204);
};

export function digestOf(digest: string | undefined): string {
  if (digest === undefined || !isDigest(digest)) throw unknownDigest();
  return digest;
}

export const unknownDigest = () =>
  problem(404, "unknown_digest", "Nothing with this digest is in quarantine.");

export const quarantineRoute: Route = {
  method: "GET",
  path: "/v1/quarantine",
  scope: "admin",
  query: [quarantineQuery],
  handle: listQuarantined,
};

export const quarantinedRoute: Route = {
  method: "GET",
  path: "/v1/quarantine/:digest",
  scope: "admin",
  handle: getQuarantined,
};

export const deleteQuarantinedRoute: Route = {
  method: "DELETE",
  path: "/v1/quarantine/:digest",
  scope: "admin",
  handle: deleteQuarantined,
};

export const quarantineOperation: Describe = () => ({
  route: quarantineRoute,
  tag: "Administration",
  operationId: "listQuarantine",
  summary: "List what could not be matched",
  description:
    "Bodies of verified callbacks that were no result that can be matched to a request, in the order of their digests.",
  query: { limit: "The most on a page.", cursor: "`next_cursor` of the page before." },
  responses: {
    200: json(quarantineList(), "A page.", {
      examples: one({
        quarantine: [
          {
            digest: EXAMPLE_DIGEST,
            bytes: 5,
            reason: "not-json",
            content_type: "text/plain",
            received_at: "2026-11-24T09:30:00.000Z",
          },
        ],
        next_cursor: null,
      }),
    }),
    400: wrongParameter("cursor is not a digest."),
  },
});

export const quarantinedOperation: Describe = () => ({
  route: quarantinedRoute,
  tag: "Administration",
  operationId: "getQuarantined",
  summary: "Read what could not be matched",
  description: "The body as it came, a `callback_secret` masked.",
  params: digestParameter(),
  responses: {
    200: answer("The body.", "application/octet-stream", {
      schema: { type: "string" },
      examples: one("hello"),
    }),
    404: unknown(),
  },
});

export const deleteQuarantinedOperation: Describe = () => ({
  route: deleteQuarantinedRoute,
  tag: "Administration",
  operationId: "deleteQuarantined",
  summary: "Remove what could not be matched",
  description: "For good.",
  params: digestParameter(),
  responses: { 204: empty("It is removed."), 404: unknown() },
});

const EXAMPLE_DIGEST = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

export const digestParameter = () => ({
  digest: described(
    z.string().regex(/^[0-9a-f]{64}$/),
    "The SHA-256 of the body, in hexadecimal.",
    EXAMPLE_DIGEST,
  ),
});

const unknown = () =>
  notFound("Nothing with this digest is in quarantine.", [
    "unknown_digest",
    "Nothing with this digest is in quarantine.",
  ]);

function quarantineList() {
  const quarantined = z.object({
    digest: z.string().describe("SHA-256 of the body, in hexadecimal."),
    reason: z
      .string()
      .describe(
        "`empty`, `not-json`, `not-an-object`, `no-request-id`, `audio`, `not-utf8`, `truncated-json`, `unknown-message`, `message-too-large`; of a body by a job's credential that may not write for the request it names: `another-request` (the job has another), `already-stored`, `another-token` (that expects it).",
      ),
    content_type: z.string().describe("As its sender named it."),
    bytes: z.int(),
    received_at: z.iso.datetime().describe("When it came first."),
    request_id: z
      .string()
      .optional()
      .describe("Which request it seems to be about, where that is known."),
  }) satisfies z.ZodType<Quarantined>;
  return z
    .object({
      quarantine: z.array(quarantined.meta({ id: "Quarantined" })),
      next_cursor: z
        .string()
        .nullable()
        .describe("The `cursor` of the next page; null on the last."),
    })
    .meta({ id: "QuarantineList" });
}
