import { listQuery } from "../../catalogue/list-query.ts";
import { rebuildQuery } from "../../catalogue/rebuild-query.ts";
import { searchQuery } from "../../catalogue/search-query.ts";
import { badRequest, json, one } from "../answers.ts";
import type { Examples } from "../examples.ts";
import type { Described } from "../operation.ts";
import { queryParameters } from "../parameters.ts";

const FILTERS = {
  tag: "Only those with this tag.",
  since: "Only those of this moment or later: ISO 8601; a date is its midnight in UTC.",
  until: "Only those before this moment: ISO 8601; a date is its midnight in UTC.",
  cursor: "`next_cursor` of the page before.",
};

/** What is asked of all transcripts together. */
export function catalogueOperations(examples: Examples): Described[] {
  return [
    {
      method: "get",
      path: "/v1/transcripts",
      tag: "Reading",
      scope: "read",
      operationId: "listTranscripts",
      summary: "List transcripts",
      description:
        "The newest first. A transcript is in it within seconds of its callback. Deleted ones are in it with `state=deleted` alone, by the time of their deletion: no more than that is known of them.",
      parameters: queryParameters(listQuery, {
        state: "Only those in this state.",
        ...FILTERS,
        limit: "The most on a page.",
      }),
      responses: {
        200: json("TranscriptList", "A page.", {
          examples: one({ transcripts: [examples.listed], next_cursor: null }),
        }),
        400: badRequest(
          "A parameter is wrong; the answer names it.",
          "since must be an ISO 8601 date or date-time.",
        ),
      },
    },
    {
      method: "get",
      path: "/v1/search",
      tag: "Reading",
      scope: "read",
      operationId: "searchTranscripts",
      summary: "Search all transcripts",
      description:
        'The best hits first. All words of the query must be said near one another, in any order; `"a phrase"` as it stands, and `wor*` as the beginning of a word. Case, accents and punctuation do not matter.',
      parameters: queryParameters(searchQuery, {
        q: { description: "What is looked for.", example: examples.phrase },
        ...FILTERS,
        limit: "The most on a page.",
      }),
      responses: {
        200: json("CatalogueHits", "A page.", {
          examples: one({
            hits: examples.hits.map((hit) => ({ request_id: examples.requestId, ...hit })),
            next_cursor: null,
          }),
        }),
        400: badRequest("A parameter is wrong; the answer names it.", "q has no letter or number."),
      },
    },
    {
      method: "post",
      path: "/v1/catalogue/rebuild",
      tag: "Administration",
      scope: "admin",
      operationId: "rebuildCatalogue",
      summary: "Make a part of the catalogue anew",
      description:
        "From what is stored; to be repeated with the `cursor` of the answer until that is null, as `npm run rebuild-catalogue` does. Lists and search stay right meanwhile.",
      parameters: queryParameters(rebuildQuery, { cursor: "`cursor` of the part before." }),
      responses: {
        200: json("RebuildReport", "What this part has done.", {
          examples: one({ transcripts: 1, removed: 0, failed: [], cursor: null }),
        }),
        400: badRequest(
          "A parameter is wrong; the answer names it.",
          "cursor is not a cursor that a page ended with.",
        ),
      },
    },
  ];
}
