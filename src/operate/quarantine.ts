import * as z from "zod";
import { problem } from "../http/problem.ts";
import { query } from "../http/query.ts";
import type { Handler } from "../http/route.ts";
import { storageUnavailable } from "../http/storage-unavailable.ts";
import { isDigest } from "../lib/digest.ts";
import { listQuarantine, openQuarantined, removeQuarantined } from "../store/quarantine.ts";

const MAX_PAGE = 1_000;

export const quarantineQuery = z.object({
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(100),
  cursor: z.string().refine(isDigest, "is not a digest").optional(),
});

/** `GET /v1/quarantine` */
export const listQuarantined: Handler = async (c) => {
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

function digestOf(digest: string | undefined): string {
  if (digest === undefined || !isDigest(digest)) throw unknownDigest();
  return digest;
}

const unknownDigest = () =>
  problem(404, "unknown_digest", "Nothing with this digest is in quarantine.");
