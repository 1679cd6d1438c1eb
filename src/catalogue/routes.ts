import { json, one, wrongParameter } from "../http/describe/answers.ts";
import type { Describe } from "../http/describe/operation.ts";
import { storageUnavailable } from "../http/problem.ts";
import type { Handler, Route } from "../http/route.ts";
import { query } from "../http/validate.ts";
import { deadlineIn } from "../lib/timeout.ts";
import { listTranscripts } from "./list.ts";
import { listQuery, transcriptList } from "./list-query.ts";
import { rebuildPage } from "./rebuild.ts";
import { rebuildQuery, rebuildReport } from "./rebuild-query.ts";
import { searchQuery, searchResult } from "./search-query.ts";
import { searchTranscripts } from "./search-transcripts.ts";

const REBUILD_WITHIN_MS = 10_000;

const NO_STORE = { "cache-control": "no-store" };

/** `GET /v1/transcripts`. */
export const getTranscripts: Handler = async (c) => {
  const asked = query(listQuery, c.req.query());
  const page = await listTranscripts(c.env.CATALOGUE, asked).catch(storageUnavailable);
  return c.json(page, 200, NO_STORE);
};

/** `GET /v1/search`. */
export const getSearch: Handler = async (c) => {
  const asked = query(searchQuery, c.req.query());
  const page = await searchTranscripts(c.env.CATALOGUE, asked).catch(storageUnavailable);
  return c.json(page, 200, NO_STORE);
};

/** `POST /v1/catalogue/rebuild`: a part of the work, to be repeated until no cursor is left. */
export const postRebuild: Handler = async (c) => {
  const { cursor = "" } = query(rebuildQuery, c.req.query());
  const deadline = deadlineIn(REBUILD_WITHIN_MS);
  const report = await rebuildPage(c.env, cursor, deadline).catch(storageUnavailable);
  return c.json(report, 200, NO_STORE);
};

export const listRoute: Route = {
  method: "GET",
  path: "/v1/transcripts",
  scope: "read",
  query: [listQuery],
  handle: getTranscripts,
};

export const searchRoute: Route = {
  method: "GET",
  path: "/v1/search",
  scope: "read",
  query: [searchQuery],
  handle: getSearch,
};

export const rebuildRoute: Route = {
  method: "POST",
  path: "/v1/catalogue/rebuild",
  scope: "admin",
  query: [rebuildQuery],
  handle: postRebuild,
};

export const listOperation: Describe = ({ listed }) => ({
  route: listRoute,
  tag: "Reading",
  operationId: "listTranscripts",
  summary: "List transcripts",
  description:
    "The newest first. A transcript is in it within seconds of its callback. Deleted ones are in it with `state=deleted` alone, by the time of their deletion: no more than that is known of them.",
  query: {
    state: "Only those in this state.",
    ...filterParameters(),
    limit: "The most on a page.",
  },
  responses: {
    200: json(transcriptList, "A page.", {
      examples: one({ transcripts: [listed], next_cursor: null }),
    }),
    400: wrongParameter("since must be an ISO 8601 date or date-time."),
  },
});

export const searchOperation: Describe = ({ requestId, phrase, hits }) => ({
  route: searchRoute,
  tag: "Reading",
  operationId: "searchTranscripts",
  summary: "Search all transcripts",
  description:
    'The best hits first. All words of the query must be said near one another, in any order; `"a phrase"` as it stands, and `wor*` as the beginning of a word. Case, accents and punctuation do not matter.',
  query: {
    q: { description: "What is looked for.", example: phrase },
    ...filterParameters(),
    limit: "The most on a page.",
  },
  responses: {
    200: json(searchResult, "A page.", {
      examples: one({
        hits: hits.map((hit) => ({ request_id: requestId, ...hit })),
        next_cursor: null,
      }),
    }),
    400: wrongParameter("q has no letter or number."),
  },
});

export const rebuildOperation: Describe = () => ({
  route: rebuildRoute,
  tag: "Administration",
  operationId: "rebuildCatalogue",
  summary: "Make a part of the catalogue anew",
  description:
    "From what is stored; to be repeated with the `cursor` of the answer until that is null, as `npm run rebuild-catalogue` does. Lists and search stay right meanwhile.",
  query: { cursor: "`cursor` of the part before." },
  responses: {
    200: json(rebuildReport, "What this part has done.", {
      examples: one({ transcripts: 1, removed: 0, failed: [], cursor: null }),
    }),
    400: wrongParameter("cursor is not a cursor that a page ended with."),
  },
});

const filterParameters = () => ({
  tag: "Only those with this tag.",
  since: "Only those of this moment or later: ISO 8601; a date is its midnight in UTC.",
  until: "Only those before this moment: ISO 8601; a date is its midnight in UTC.",
  cursor: "`next_cursor` of the page before.",
});
