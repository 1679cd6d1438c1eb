import * as z from "zod";
import { isDigest } from "../digest.ts";
import { problem } from "../http/problem.ts";
import { query } from "../http/query.ts";
import type { Handler } from "../http/route.ts";
import { storageUnavailable } from "../http/storage-unavailable.ts";
import { quarantineKey } from "../store/keys.ts";
import { listQuarantine } from "../store/quarantine.ts";

const MAX_PAGE = 1_000;

export const quarantineQuery = z.object({
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(100),
  cursor: z.string().refine(isDigest, "not a digest").optional(),
});

/** `GET /v1/quarantine` */
export const listQuarantined: Handler = async (c) => {
  const { limit, cursor } = query(quarantineQuery, c.req.query());
  const page = await listQuarantine(c.env.TRANSCRIPTS, limit, cursor).catch(storageUnavailable);
  return c.json(page, 200, { "cache-control": "no-store" });
};

/** `GET /v1/quarantine/{digest}` */
export const getQuarantined: Handler = async (c) => {
  const key = keyOf(c.req.param("digest"));
  const object = await c.env.TRANSCRIPTS.get(key).catch(storageUnavailable);
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
  const key = keyOf(c.req.param("digest"));
  if ((await c.env.TRANSCRIPTS.head(key).catch(storageUnavailable)) === null) throw unknownDigest();
  await c.env.TRANSCRIPTS.delete(key).catch(storageUnavailable);
  return c.body(null, 204);
};

function keyOf(digest: string | undefined): string {
  if (digest === undefined || !isDigest(digest)) throw unknownDigest();
  return quarantineKey(digest);
}

const unknownDigest = () => problem(404, "Nothing with this digest is in quarantine.");
