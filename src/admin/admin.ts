import { Hono } from "hono";
import * as z from "zod";
import type { AppEnv } from "../app-env.ts";
import { parseRequestId } from "../deepgram/request-id.ts";
import { isDigest } from "../digest.ts";
import { problem } from "../http/problem.ts";
import { query } from "../http/query.ts";
import { requireScope } from "../http/require-scope.ts";
import { storageUnavailable } from "../http/storage-unavailable.ts";
import { unknownTranscript } from "../read/require-transcript.ts";
import { quarantineKey } from "../store/keys.ts";
import { listQuarantine } from "../store/quarantine.ts";
import { eraseTranscript } from "./erase-transcript.ts";

/** Under `/v1`: what only operators do. */
export const admin = new Hono<AppEnv>();

const MAX_PAGE = 1_000;

const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(100),
  cursor: z.string().refine(isDigest, "not a digest").optional(),
});

const unknownDigest = () => problem(404, "Nothing with this digest is in quarantine.");

admin.delete("/transcripts/:request_id", requireScope("admin"), async (c) => {
  const requestId = parseRequestId(c.req.param("request_id"));
  if (requestId === null) throw unknownTranscript();
  if (!(await eraseTranscript(c.env, requestId).catch(storageUnavailable))) {
    throw unknownTranscript();
  }
  return c.body(null, 204);
});

admin.get("/quarantine", requireScope("admin"), async (c) => {
  const { limit, cursor } = query(pageQuery, c.req.query());
  const page = await listQuarantine(c.env.TRANSCRIPTS, limit, cursor).catch(storageUnavailable);
  return c.json(page, 200, { "cache-control": "no-store" });
});

admin.get("/quarantine/:digest", requireScope("admin"), async (c) => {
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
});

admin.delete("/quarantine/:digest", requireScope("admin"), async (c) => {
  const key = keyOf(c.req.param("digest"));
  if ((await c.env.TRANSCRIPTS.head(key).catch(storageUnavailable)) === null) throw unknownDigest();
  await c.env.TRANSCRIPTS.delete(key).catch(storageUnavailable);
  return c.body(null, 204);
});

function keyOf(digest: string): string {
  if (!isDigest(digest)) throw unknownDigest();
  return quarantineKey(digest);
}
