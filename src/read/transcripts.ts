import { Hono } from "hono";
import type { AppEnv } from "../app-env.ts";
import { parseRequestId } from "../deepgram/request-id.ts";
import { requireScope } from "./authenticate.ts";
import { parseFileName } from "./file-name.ts";
import { keyOf } from "./open.ts";
import { raw } from "./raw.ts";
import { rendered } from "./rendered.ts";
import { unknownTranscript } from "./require-transcript.ts";
import { status } from "./status.ts";
import { storageUnavailable } from "./storage-unavailable.ts";

/** `/v1/transcripts`: what is kept, for those who may read it. */
export const transcripts = new Hono<AppEnv>();

transcripts.get("/:name", requireScope("read"), async (c) => {
  const file = parseFileName(c.req.param("name"));
  if (file === null) throw unknownTranscript();
  const { requestId, format } = file;
  const { TRANSCRIPTS, VERSION } = c.env;
  const key = keyOf(requestId, c.req.query("version"));
  return format === "json"
    ? raw(c.req.raw, TRANSCRIPTS, requestId, key)
    : rendered(c.req.raw, TRANSCRIPTS, requestId, key, format, VERSION.id);
});

transcripts.get("/:request_id/status", requireScope("read"), async (c) => {
  const requestId = parseRequestId(c.req.param("request_id"));
  if (requestId === null) throw unknownTranscript();
  const known = await status(c.env.TRANSCRIPTS, requestId).catch(storageUnavailable);
  if (known === null) throw unknownTranscript();
  return c.json(known, 200, { "cache-control": "no-store" });
});
