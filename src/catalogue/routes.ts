import { json, one, wrongParameter } from "../http/describe/answers.ts";
import type { Describe } from "../http/describe/operation.ts";
import { problem, storageUnavailable } from "../http/problem.ts";
import { type Handler, query, type Route } from "../http/route.ts";
import { deadlineIn } from "../lib/timeout.ts";
import { listTranscripts } from "./list.ts";
import { listQuery, transcriptList } from "./list-query.ts";
import { rebuildPage } from "./rebuild.ts";
import { rebuildQuery, rebuildReport } from "./rebuild-query.ts";
import { searchQuery, searchResult } from "./search/search-query.ts";
import { searchTranscripts } from "./search/search-transcripts.ts";

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
  if (!c.var.config.isSearched) {
    throw problem(404, "unknown_route", "SEARCH is off: there is no search over all transcripts.");
  }
  const asked = query(searchQuery, c.req.query());
  const page = await searchTranscripts(c.env, asked).catch(storageUnavailable);
  return c.json(page, 200, NO_STORE);
};

/** `POST /v1/catalogue/rebuild`: a part of the work, to be repeated until no cursor is left. */
export const postRebuild: Handler = async (c) => {
  const { cursor: after = "", range } = query(rebuildQuery, c.req.query());
  const deadline = deadlineIn(REBUILD_WITHIN_MS);
  const report = await rebuildPage(c.env, { after, range }, deadline).catch(storageUnavailable);
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

export const searchOperation: Describe = ({ phrase, hits, found }) => ({
  route: searchRoute,
  tag: "Reading",
  operationId: "searchTranscripts",
  summary: "Search all transcripts",
  description:
    'The transcripts in which all words of the query are said, the newest first; `"a phrase"` as it stands, and `wor*` as the beginning of a word. Case, accents, apostrophes, punctuation and the grouping of digits do not matter. Each with at most three places, those where most of the words are said together.',
  query: {
    q: { description: "What is looked for.", example: phrase },
    ...filterParameters(),
    sort: "`best` ranks the newest 1,000 transcripts that have the words.",
    limit: "The most on a page.",
  },
  responses: {
    200: json(searchResult, "A page.", {
      examples: one({
        transcripts: [{ ...found, hits: hits.slice(0, 3) }],
        incomplete: [],
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
  query: {
    cursor: "`cursor` of the part before.",
    range:
      "Only callbacks whose id begins with this hexadecimal digit: ranges can be worked through side by side.",
  },
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
