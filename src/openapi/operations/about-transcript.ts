import { changesOf, markText } from "../../read/changes.ts";
import { searchQuery } from "../../read/search-transcript.ts";
import { statusQuery } from "../../read/status.ts";
import { answer, badRequest, conflict, empty, json, notFound, one } from "../answers.ts";
import type { Examples } from "../examples.ts";
import type { Described } from "../operation.ts";
import { lastEventId, pathParameter, queryParameters, requestIdParameter } from "../parameters.ts";
import { shared } from "../shared-answers.ts";
import { sliceParameters } from "./renderings.ts";

const PATH = "/v1/transcripts/{request_id}";

const EVENTS = `Server-sent events (HTML, section 9.2), first what is so already, then what changes:

- \`state\`: a [StateEvent](#/components/schemas/StateEvent);
- \`follow-up\`: a [FollowUpEvent](#/components/schemas/FollowUpEvent);
- \`segment\`, of a transcript that is \`live\`: a [SegmentEvent](#/components/schemas/SegmentEvent). One that is not final has no \`id\`, and the next of its channel takes its place.

A comment comes every 15 s in silence. The stream ends with the deletion of the transcript, after 15 minutes, and when another request takes the place of this one (\`successor\`); browsers come back by themselves and go on where they were, or with the other request.`;

/** What is told of one transcript, and its deletion. */
export function aboutTranscriptOperations(examples: Examples): Described[] {
  const id = requestIdParameter(examples.requestId);
  return [
    status(examples, id),
    search(examples, id),
    events(examples, id),
    promotion(examples, id),
    {
      method: "delete",
      path: PATH,
      tag: "Administration",
      scope: "admin",
      operationId: "deleteTranscript",
      summary: "Erase a transcript",
      description:
        "Erases the body, its versions and all that was made of it, and leaves a tombstone with the time. Callbacks that come later are answered 200 and not stored. The id that was given out for a job stands for the request that it becomes. May be repeated.",
      parameters: [id],
      responses: { 204: empty("It is erased."), 404: shared("UnknownTranscript") },
    },
  ];
}

type Id = ReturnType<typeof requestIdParameter>;

const status = (examples: Examples, id: Id): Described => ({
  method: "get",
  path: `${PATH}/status`,
  tag: "Reading",
  scope: "read",
  operationId: "getTranscriptStatus",
  summary: "Read the status of a transcript",
  description:
    "All that is known of a request, in every state; what is not known is null or empty. `expected_at`, `deadline_at` and `predecessor`, the request whose place this one has taken, are there until the callback is; `successor` is the request that has taken the place of this one. The id that was given out for a job leads to the request that it became as soon as that is known.",
  parameters: [
    id,
    ...queryParameters(statusQuery, {
      wait: "For how many seconds the answer may be held back until the transcript is there.",
    }),
  ],
  responses: {
    200: json("TranscriptStatus", "The status.", {
      examples: {
        received: { summary: "Received", value: examples.status },
        expected: { summary: "Expected", value: examples.expected },
        submittedAgain: { summary: "Overdue, and submitted again", value: examples.superseded },
      },
    }),
    307: shared("Superseded"),
    400: badRequest(
      "A parameter is wrong; the answer names it.",
      "wait must be a number of seconds.",
    ),
    404: shared("UnknownTranscript"),
  },
});

const promotion = (examples: Examples, id: Id): Described => ({
  method: "post",
  path: `${PATH}/versions/{sha256}/promote`,
  tag: "Administration",
  scope: "admin",
  operationId: "promoteVersion",
  summary: "Make another body the current one",
  description:
    "The current body becomes a version. What was made of it (segments, translations, search) is made of the other one, and webhooks get `transcript.updated`; no e-mail and no text message is repeated. A failure can be promoted over a transcript too. A promoted body gives way only to a body that the request did not have then. Repeating it changes nothing.",
  parameters: [
    id,
    pathParameter(
      "sha256",
      "The SHA-256 of a body that the status lists under `conflicts`, in hexadecimal.",
      { type: "string", pattern: "^[0-9a-f]{64}$" },
      examples.status.sha256 ?? "",
    ),
  ],
  responses: {
    200: json("TranscriptStatus", "It is the current body; the status.", {
      examples: one(examples.status),
    }),
    404: notFound(
      "The request is not known, or has no such body.",
      "The request has no body with this digest.",
    ),
    409: conflict(
      "Other bodies kept taking its place at the same time.",
      "The current body kept changing: ask again.",
    ),
    410: shared("Deleted"),
  },
});

const search = (examples: Examples, id: Id): Described => ({
  method: "get",
  path: `${PATH}/search`,
  tag: "Reading",
  scope: "read",
  operationId: "searchTranscript",
  summary: "Find where a phrase is said",
  description:
    "Case, accents and punctuation do not matter, nor do the borders of utterances. Hits come in order of time.",
  parameters: [
    id,
    ...queryParameters(searchQuery, {
      q: { description: "A phrase of any number of words.", example: examples.phrase },
      version: "The SHA-256 of a body that the status lists under `conflicts`, in hexadecimal.",
    }),
    ...sliceParameters,
  ],
  responses: {
    200: json("Hits", "The hits; none are an empty list.", {
      examples: one({ hits: examples.hits }),
    }),
    202: shared("ToCome"),
    307: shared("Superseded"),
    400: badRequest("A parameter is wrong; the answer names it.", "q is missing."),
    404: shared("UnknownTranscript"),
    410: shared("Deleted"),
    422: shared("NotShowable"),
    424: shared("Failed"),
    504: shared("Overdue"),
  },
});

const events = (examples: Examples, id: Id): Described => ({
  method: "get",
  path: `${PATH}/events`,
  tag: "Reading",
  scope: "read",
  operationId: "getTranscriptEvents",
  summary: "Follow a transcript",
  description: EVENTS,
  parameters: [
    id,
    ...queryParameters(statusQuery, {
      wait: "For how many seconds the answer may be held back until the transcript is there.",
    }),
    lastEventId,
  ],
  responses: {
    200: answer("The events.", "text/event-stream", {
      schema: { type: "string" },
      examples: one(eventsOf(examples)),
    }),
    204: empty("`Last-Event-ID` tells of the deletion: nothing will follow."),
    307: shared("Superseded"),
    400: badRequest("A parameter is wrong; the answer names it.", "wait must be at most 60."),
    404: shared("UnknownTranscript"),
  },
});

const eventsOf = ({ status }: Examples): string =>
  changesOf(status)
    .map(
      ({ event, at, data }) =>
        `event: ${event}\ndata: ${data}\nid: ${markText(status.request_id, at)}\n\n`,
    )
    .join("");
