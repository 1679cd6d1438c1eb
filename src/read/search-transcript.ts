import * as z from "zod";
import { query } from "../http/query.ts";
import type { Handler } from "../http/route.ts";
import { search } from "../transcript/search/search.ts";
import { slice } from "../transcript/slice/slice.ts";
import { sliceQuery } from "../transcript/slice/slice-query.ts";
import { hitsJson } from "./hits-json.ts";
import { openSegments } from "./open-segments.ts";
import { requestIdOf } from "./request-id-of.ts";
import { textStream } from "./text-stream.ts";

const MAX_QUERY_CHARS = 1_000;

export const searchQuery = z.object({
  q: z
    .string()
    .trim()
    .min(1, "is missing")
    .max(MAX_QUERY_CHARS)
    .regex(/[\p{L}\p{N}]/u, "has no letter or number"),
  version: z.string().optional(),
});

/** `GET /v1/transcripts/{request_id}/search` */
export const searchTranscript: Handler = async (c) => {
  const requestId = requestIdOf(c);
  const parameters = c.req.query();
  const { q, version } = query(searchQuery, parameters);
  const part = query(sliceQuery, parameters);
  const { TRANSCRIPTS } = c.env;
  const { segments } = await openSegments(TRANSCRIPTS, { requestId, version });
  const searched = slice(segments, part);
  return new Response(textStream(hitsJson(search(searched, q))), {
    headers: { "content-type": "application/json", "cache-control": "no-store" },
  });
};
