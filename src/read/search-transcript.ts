import * as z from "zod";
import { json, one, shared, wrongParameter } from "../http/describe/answers.ts";
import { type Describe, requestIdParameter } from "../http/describe/operation.ts";
import { type Handler, query, type Route } from "../http/route.ts";
import type { Hit } from "../transcript/search/passage.ts";
import { search } from "../transcript/search/search.ts";
import { channel, seconds, speaker } from "../transcript/segments/segment.ts";
import { slice, sliceQuery } from "../transcript/slice/slice.ts";
import { sliceParameters } from "./describe.ts";
import { textStream } from "./formats.ts";
import { openSegments } from "./open-transcript.ts";
import { requestIdOf } from "./require-transcript.ts";

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

export const searchWithinRoute: Route = {
  method: "GET",
  path: "/v1/transcripts/:request_id/search",
  scope: "read",
  query: [searchQuery, sliceQuery],
  handle: searchTranscript,
};

export const searchWithinOperation: Describe = ({ requestId, phrase, hits }) => ({
  route: searchWithinRoute,
  tag: "Reading",
  operationId: "searchTranscript",
  summary: "Find where a phrase is said",
  description:
    "Case, accents and punctuation do not matter, nor do the borders of utterances. Hits come in order of time.",
  params: requestIdParameter(requestId),
  query: {
    q: { description: "A phrase of any number of words.", example: phrase },
    version: "The SHA-256 of a body that the status lists under `conflicts`, in hexadecimal.",
    ...sliceParameters,
  },
  responses: {
    200: json(hitsSchema(), "The hits; none are an empty list.", { examples: one({ hits }) }),
    202: shared("ToCome"),
    307: shared("Superseded"),
    400: wrongParameter("q is missing."),
    404: shared("UnknownTranscript"),
    410: shared("Deleted"),
    422: shared("NotShowable"),
    424: shared("Failed"),
    504: shared("Overdue"),
  },
});

function hitsSchema() {
  const hit = z.object({
    start: seconds.describe("Of the first matching word, in seconds."),
    end: seconds.describe("Of the last matching word, in seconds."),
    channel,
    speaker,
    text: z.string().describe("The match with up to 80 characters on either side, cut at words."),
  }) satisfies z.ZodType<Hit>;
  return z.object({ hits: z.array(hit.meta({ id: "Hit" })) }).meta({ id: "Hits" });
}

/** The JSON text `{"hits":[…]}` in parts, however many hits there are; times to the millisecond. */
export async function* hitsJson(hits: AsyncIterable<Hit>): AsyncGenerator<string> {
  yield '{"hits":[';
  let separator = "";
  for await (const { start, end, ...hit } of hits) {
    const times = { start: inMilliseconds(start), end: inMilliseconds(end) };
    yield separator + JSON.stringify({ ...times, ...hit });
    separator = ",";
  }
  yield "]}";
}

/** Without what binary fractions add behind. */
const inMilliseconds = (seconds: number): number => Math.round(seconds * 1_000) / 1_000;
