import { Hono } from "hono";
import * as z from "zod";
import type { AppEnv } from "../app-env.ts";
import { parseRequestId } from "../deepgram/request-id.ts";
import { query } from "../http/query.ts";
import { requireScope } from "../http/require-scope.ts";
import { storageUnavailable } from "../http/storage-unavailable.ts";
import { search } from "../search/search.ts";
import { parseFileName } from "./file-name.ts";
import { hitsJson } from "./hits-json.ts";
import { keyOf } from "./open.ts";
import { openSegments } from "./open-segments.ts";
import { raw } from "./raw.ts";
import { rendered } from "./rendered.ts";
import { unknownTranscript } from "./require-transcript.ts";
import { status } from "./status.ts";
import { textStream } from "./text-stream.ts";

const MAX_QUERY_CHARS = 1_000;

/** `/v1/transcripts`: what is kept, for those who may read it. */
export const transcripts = new Hono<AppEnv>();

transcripts.get("/:name", requireScope("read"), async (c) => {
  const file = parseFileName(c.req.param("name"));
  if (file === null) throw unknownTranscript();
  const { requestId, format } = file;
  const { TRANSCRIPTS, VERSION } = c.env;
  const key = await keyOf(TRANSCRIPTS, requestId, c.req.query("version"));
  return format === "json"
    ? raw(c.req.raw, TRANSCRIPTS, requestId, key)
    : rendered(c.req.raw, TRANSCRIPTS, requestId, key, format, VERSION.id);
});

const searchQuery = z.object({
  q: z.string().trim().min(1, "what is looked for is missing").max(MAX_QUERY_CHARS),
  version: z.string().optional(),
});

transcripts.get("/:request_id/search", requireScope("read"), async (c) => {
  const requestId = parseRequestId(c.req.param("request_id"));
  if (requestId === null) throw unknownTranscript();
  const { q, version } = query(searchQuery, c.req.query());
  const { TRANSCRIPTS } = c.env;
  const key = await keyOf(TRANSCRIPTS, requestId, version);
  const { segments } = await openSegments(TRANSCRIPTS, requestId, key);
  return new Response(textStream(hitsJson(search(segments, q))), {
    headers: { "content-type": "application/json", "cache-control": "no-store" },
  });
});

transcripts.get("/:request_id/status", requireScope("read"), async (c) => {
  const requestId = parseRequestId(c.req.param("request_id"));
  if (requestId === null) throw unknownTranscript();
  const known = await status(c.env.TRANSCRIPTS, requestId).catch(storageUnavailable);
  if (known === null) throw unknownTranscript();
  return c.json(known, 200, { "cache-control": "no-store" });
});
