import { transcriptQuery } from "../../read/transcript-query.ts";
import { badRequest } from "../answers.ts";
import type { Examples } from "../examples.ts";
import type { Described } from "../operation.ts";
import { CONDITIONS, queryParameters, RANGES, requestIdParameter } from "../parameters.ts";
import { shared } from "../shared-answers.ts";
import type { Parameter } from "../specification.ts";
import { DOWNLOAD, formatParameter, NAMES, noSuchFile, viewParameters } from "./renderings.ts";

const DESCRIPTION = `The raw JSON is the callback body byte for byte, a \`callback_secret\` in it masked. The other formats are made from it: WebVTT, SubRip, plain text, Markdown, CSV, JSON Lines (each line a [Segment](#/components/schemas/Segment)) and HTML. Slices are for all of these but not for the raw JSON, ranges of bytes for the raw JSON alone.`;

const ACCEPT =
  "Of the media types that `Accept` allows the one of the greatest weight is given; raw JSON where it does not say.";

const PATH = "/v1/transcripts/{request_id}";

/** A transcript in every format, by `Accept` and by suffix. */
export function transcriptOperations(examples: Examples): Described[] {
  const id = requestIdParameter(examples.requestId);
  return [
    {
      method: "get",
      path: PATH,
      tag: "Reading",
      scope: "read",
      operationId: "getTranscript",
      summary: "Read a transcript in the format that `Accept` wants",
      description: `${DESCRIPTION}\n\n${ACCEPT}`,
      parameters: [id, ...PARAMETERS],
      responses: {
        ...RESPONSES,
        404: shared("UnknownTranscript"),
        406: shared("NotAcceptable"),
      },
    },
    {
      method: "get",
      path: `${PATH}.{format}`,
      tag: "Reading",
      scope: "read",
      operationId: "getTranscriptFile",
      summary: "Read a transcript in the format of the suffix",
      description: DESCRIPTION,
      parameters: [id, formatParameter, ...PARAMETERS],
      responses: {
        ...RESPONSES,
        404: noSuchFile(
          "No such transcript is known, nor expected.",
          "No transcript is known by this request_id.",
        ),
      },
    },
  ];
}

const PARAMETERS: Parameter[] = [
  ...queryParameters(transcriptQuery, {
    wait: "For how many seconds the answer may be held back until the transcript is there.",
    partial:
      "`true`: while the state is `live`, 200 with what has been said so far. Its last words may still change.",
    download: DOWNLOAD,
    names: NAMES,
    version:
      "The SHA-256 of a body that the status shows, as its own or under `conflicts`, in hexadecimal. As JSON it is given also where Deepgram failed.",
  }),
  ...viewParameters,
  ...CONDITIONS,
  ...RANGES,
];

const RESPONSES: Described["responses"] = {
  200: shared("Transcript"),
  202: shared("ToCome"),
  206: shared("TranscriptPart"),
  304: shared("NotModified"),
  307: shared("Superseded"),
  400: badRequest(
    "A parameter is wrong; the answer names it.",
    "wait must be at most 60.",
    "The raw JSON is given whole: ask for another format to have a slice of it.",
  ),
  410: shared("Deleted"),
  412: shared("PreconditionFailed"),
  416: shared("RangeNotSatisfiable"),
  422: shared("NotInFormat"),
  424: shared("Failed"),
  504: shared("Overdue"),
};
