import * as z from "zod";
import type { ZodOpenApiMediaTypeObject } from "zod-openapi";
import { finishedTranscript } from "../deepgram/schemas.ts";
import {
  type Answer,
  empty,
  type HeaderName,
  headerRefs,
  json,
  notFound,
  one,
  optionalHeaders,
  problemAnswer,
  problemExample,
  problemSchema,
} from "../http/describe/answers.ts";
import { described, type Examples } from "../http/describe/operation.ts";
import type { ProblemCode } from "../http/problem.ts";
import { segmentSchema } from "../transcript/segments/segment.ts";
import { MEDIA_TYPES } from "./formats.ts";
import { followUpStatus, transcriptStatus } from "./transcript-status.ts";

// What the operations have in common that give segments in a format.

const HEADERS: HeaderName[] = ["ETag", "Cache-Control", "Vary", "Content-Disposition"];

const RAW_HEADERS: HeaderName[] = ["Repr-Digest", "Accept-Ranges"];

const FORMATS = [...MEDIA_TYPES.keys()];

/** A translation as JSON. */
const translation = z
  .object({
    request_id: z.string(),
    language: z.string().describe("BCP 47 tag."),
    segments: z.array(segmentSchema),
  })
  .meta({ id: "Translation" });

const notAcceptableProblem = problemSchema
  .extend({ available: z.array(z.string()).describe("The media types that can be had.") })
  .meta({ id: "NotAcceptableProblem" });

export const formatParameter = { format: described(z.enum(FORMATS), "The format.", "vtt") };

export const downloadParameters = {
  download: "Present, with any value or none: `Content-Disposition` names a file to save.",
  names:
    "`true`: speakers have the names people gave them on the page of the transcript, in captions, text, Markdown and HTML; those without a name have their number.",
};

export const WAIT =
  "For how many seconds the answer may be held back until the transcript is there.";

export const sliceParameters = {
  from: "Slice: seconds from the start of the audio. A word belongs where it begins.",
  to: "Slice: seconds from the start of the audio; what begins then is not in it.",
  channel: "Slice: the index of the channel, from 0.",
  speaker: "Slice: Deepgram's number of the speaker, from 0.",
  min_confidence: "Slice: words of less confidence are left out.",
};

/** Of a slice and of captions. */
export const viewParameters = {
  ...sliceParameters,
  max_chars: "Captions: the longest line, in columns (wide characters take two); 42 if not given.",
  max_lines: "Captions: the most lines at a time; 2 if not given.",
  max_seconds: "Captions: the most seconds that one stays; 7 if not given.",
  max_cps:
    "Captions: the most characters a second to be read (wide characters count as two); 20 if not given. Where speech is faster, a caption stays into the pause that follows, up to the next one and `max_seconds`.",
  speakers:
    "Whether speakers and channels are named, also in text, Markdown and HTML; if not given, where there are several.",
};

/** An address with a suffix leads nowhere: for these reasons, or since there is no such format. */
export const noSuchFile = (description: string, ...details: [ProblemCode, string][]) =>
  notFound(`${description} Or there is no such format.`, ...details, [
    "unknown_format",
    `There is no such format; the formats are ${FORMATS.join(", ")}.`,
  ]);

const TOO_LARGE = "The transcript can only be had as JSON: it is too-large.";

/** The answers of these operations. */
export const renderedAnswers = ({ callback, rendered, translation: es, status }: Examples) =>
  ({
    Transcript: {
      description:
        "The transcript; or, with `partial=true`, what of it has been said so far, without `ETag` and not to be kept.",
      headers: optionalHeaders([...HEADERS, ...RAW_HEADERS, "Content-Security-Policy"]),
      content: content({ schema: finishedTranscript, examples: one(callback) }, rendered),
    },
    TranscriptPart: {
      description: "The part of the raw JSON that `Range` asks for.",
      headers: headerRefs([...HEADERS, ...RAW_HEADERS, "Content-Range"]),
      content: { "application/json": { schema: { type: "string" } } },
    },
    Translation: {
      description: "The translation.",
      headers: headerRefs([...HEADERS, "Content-Security-Policy"]),
      content: content(
        { schema: translation, examples: one(es.json) },
        { vtt: es.rendered.vtt ?? "" },
      ),
    },
    NotAcceptable: problemAnswer(
      "There is no representation that `Accept` allows; the answer lists those that there are.",
      [
        problemExample(406, "not_acceptable", "There is no representation that Accept allows.", {
          available: [...MEDIA_TYPES.values()],
        }),
      ],
      { schema: notAcceptableProblem, headers: ["Vary"] },
    ),
    RangeNotSatisfiable: problemAnswer(
      "The range begins after the end.",
      [problemExample(416, "range_not_satisfiable", `The transcript has ${status.bytes} bytes.`)],
      { headers: ["Content-Range", "Vary"] },
    ),
    NotModified: empty("`If-None-Match` names what is there.", ["ETag", "Cache-Control", "Vary"]),
    PreconditionFailed: problemAnswer(
      "`If-Match` names something else than what is there.",
      [
        problemExample(
          412,
          "precondition_failed",
          "The representation is not the one that If-Match names.",
        ),
      ],
      { headers: ["Vary"] },
    ),
    NotShowable: problemAnswer(
      "The transcript can only be had as JSON: a single word, utterance or text in it is too large, or it has too many channels.",
      [problemExample(422, "not_showable", TOO_LARGE)],
    ),
    NotInFormat: problemAnswer(
      "The transcript can only be had as JSON: a single word, utterance or text in it is too large, or it has too many channels. Or the result is text intelligence, which has neither captions nor segments, and nothing to slice.",
      [
        problemExample(422, "not_showable", TOO_LARGE),
        problemExample(
          422,
          "not_a_transcript",
          "The result is text intelligence, not a transcript: it has no vtt; ask for json, txt, md, html.",
        ),
      ],
    ),
  }) satisfies Record<string, Answer>;

/** Every format; that of JSON is given. */
function content(json: ZodOpenApiMediaTypeObject, rendered: Record<string, string>) {
  const media: Record<string, ZodOpenApiMediaTypeObject> = {};
  for (const [format, type] of MEDIA_TYPES) {
    const example = rendered[format];
    const text = { schema: { type: "string" }, ...(example && { examples: one(example) }) };
    media[type] = format === "json" ? json : (text as ZodOpenApiMediaTypeObject);
  }
  return media;
}

const time = z.iso.datetime();

const { request_id, error } = transcriptStatus.shape;

export const failedProblem = problemSchema
  .extend({
    request_id,
    state: z.literal("failed"),
    error,
    expected_at: time
      .optional()
      .describe("Where the failure is known from Deepgram's records, not from a callback."),
    deadline_at: time.nullable().optional(),
  })
  .meta({ id: "FailedProblem" });

const overdueProblem = problemSchema
  .extend({
    request_id,
    state: z.literal("overdue"),
    expected_at: time,
    deadline_at: time.nullable(),
  })
  .meta({ id: "OverdueProblem" });

const deletedProblem = problemSchema
  .extend({ request_id, state: z.literal("deleted"), deleted_at: time })
  .meta({ id: "DeletedProblem" });

export const untranslatedProblem = problemSchema
  .extend({ request_id, follow_up: followUpStatus })
  .meta({ id: "UntranslatedProblem" });

const LATE = "Deepgram's callback has not come within its time.";

/** What is answered about a transcript that is not there, by its state. */
export function stateAnswers({ requestId, failure, expected }: Examples) {
  const { expected_at, deadline_at } = expected;
  return {
    UnknownTranscript: notFound("No such transcript is known, nor expected.", [
      "unknown_transcript",
      "No transcript is known by this request_id.",
    ]),
    ToCome: json(
      transcriptStatus,
      "The transcript is expected (`expected`) or being spoken (`live`): its status.",
      { headers: ["Retry-After"], examples: one(expected) },
    ),
    Superseded: empty(
      "Another request has taken the place of this one, since the audio was submitted again or Deepgram's own `request_id` became known: ask there.",
      ["Location"],
    ),
    Deleted: problemAnswer(
      "The transcript was deleted.",
      [
        problemExample(410, "transcript_deleted", "The transcript was deleted.", {
          request_id: requestId,
          state: "deleted",
          deleted_at: "2026-11-25T10:00:00.000Z",
        }),
      ],
      { schema: deletedProblem },
    ),
    Failed: problemAnswer(
      "Deepgram could not transcribe the audio: its error.",
      [failure.problem],
      {
        schema: failedProblem,
      },
    ),
    Overdue: problemAnswer(
      LATE,
      [
        problemExample(504, "transcript_overdue", LATE, {
          request_id: requestId,
          state: "overdue",
          expected_at,
          deadline_at,
        }),
      ],
      { schema: overdueProblem },
    ),
  } satisfies Record<string, Answer>;
}
