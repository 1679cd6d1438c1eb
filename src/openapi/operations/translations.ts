import { languageTag } from "../../config/effect.ts";
import { translationQuery } from "../../read/transcript-query.ts";
import { badRequest, notFound, one, oneOf, problem, told } from "../answers.ts";
import type { Examples } from "../examples.ts";
import { headerRefs } from "../headers.ts";
import { inputSchema } from "../json-schema.ts";
import type { Described } from "../operation.ts";
import { CONDITIONS, pathParameter, queryParameters, requestIdParameter } from "../parameters.ts";
import { shared } from "../shared-answers.ts";
import type { Parameter } from "../specification.ts";
import { DOWNLOAD, formatParameter, NAMES, noSuchFile, viewParameters } from "./renderings.ts";

const PATH = "/v1/transcripts/{request_id}/translations/{language}";

const DESCRIPTION =
  "Every segment translated, with its times: captions exist in the other language too. Slices are for all formats.";

const UNKNOWN = "No translation into this language was asked for.";

const PARAMETERS: Parameter[] = [
  ...queryParameters(translationQuery, { download: DOWNLOAD, names: NAMES }),
  ...viewParameters,
  ...CONDITIONS,
];

/** A translation in every format, by `Accept` and by suffix. */
export function translationOperations(examples: Examples): Described[] {
  const id = requestIdParameter(examples.requestId);
  const language = pathParameter(
    "language",
    "A BCP 47 tag of letters, digits and hyphens.",
    inputSchema(languageTag),
    "es",
  );
  const common = { method: "get", tag: "Reading", scope: "read" } as const;
  return [
    {
      ...common,
      path: PATH,
      operationId: "getTranslation",
      summary: "Read a translation in the format that `Accept` wants",
      description: DESCRIPTION,
      parameters: [id, language, ...PARAMETERS],
      responses: {
        ...responses(examples),
        404: notFound(
          "No such transcript is known, nor expected; or no such translation was asked for.",
          "No transcript is known by this request_id.",
          UNKNOWN,
        ),
        406: shared("NotAcceptable"),
      },
    },
    {
      ...common,
      path: `${PATH}.{format}`,
      operationId: "getTranslationFile",
      summary: "Read a translation in the format of the suffix",
      description: DESCRIPTION,
      parameters: [id, language, formatParameter, ...PARAMETERS],
      responses: {
        ...responses(examples),
        404: noSuchFile(
          "No such transcript is known, nor expected, or no such translation was asked for.",
          "No transcript is known by this request_id.",
          UNKNOWN,
        ),
      },
    },
  ];
}

function responses(examples: Examples): Described["responses"] {
  return {
    200: shared("Translation"),
    202: {
      description: "The translation is to come: its follow-up; or the transcript is: its status.",
      headers: headerRefs(["Retry-After"]),
      content: {
        "application/json": {
          schema: oneOf("FollowUp", "TranscriptStatus"),
          examples: one(examples.followUp),
        },
      },
    },
    304: shared("NotModified"),
    307: shared("Superseded"),
    400: badRequest("A parameter is wrong; the answer names it.", "to must be greater than from."),
    410: shared("Deleted"),
    412: shared("PreconditionFailed"),
    424: untranslated(examples),
    504: shared("Overdue"),
  };
}

const untranslated = ({ requestId, followUp, failed }: Examples) =>
  problem(
    "The transcript could not be translated; or Deepgram could not transcribe the audio.",
    [
      told(424, "Failed Dependency", "The transcript could not be translated.", {
        request_id: requestId,
        follow_up: { ...followUp, state: "failed", last_error: "the language is not known" },
      }),
      failed.problem,
    ],
    { schemas: ["UntranslatedProblem", "FailedProblem"] },
  );
