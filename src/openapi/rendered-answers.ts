import { MEDIA_TYPES } from "../read/formats.ts";
import { empty, one, problem, told } from "./answers.ts";
import { schemaRef } from "./components.ts";
import type { Examples, Rendered } from "./examples.ts";
import { type HeaderName, headerRefs, optionalHeaders } from "./headers.ts";
import type { Answer, MediaType } from "./specification.ts";

const HEADERS: HeaderName[] = ["ETag", "Cache-Control", "Vary", "Content-Disposition"];

const RAW_HEADERS: HeaderName[] = ["Repr-Digest", "Accept-Ranges"];

const TOO_LARGE = "The transcript can only be had as JSON: it is too-large.";

/** The answers of operations that give segments in a format. */
export const renderedAnswers = ({ callback, rendered, translation, status }: Examples) =>
  ({
    Transcript: {
      description:
        "The transcript; or, with `partial=true`, what of it has been said so far, without `ETag` and not to be kept.",
      headers: optionalHeaders([...HEADERS, ...RAW_HEADERS, "Content-Security-Policy"]),
      content: content(
        { schema: schemaRef("FinishedTranscript"), examples: one(callback) },
        rendered,
      ),
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
        { schema: schemaRef("Translation"), examples: one(translation.json) },
        { vtt: translation.rendered.vtt },
      ),
    },
    NotAcceptable: problem(
      "There is no representation that `Accept` allows; the answer lists those that there are.",
      [
        told(406, "Not Acceptable", "There is no representation that Accept allows.", {
          available: [...MEDIA_TYPES.values()],
        }),
      ],
      { schemas: ["NotAcceptableProblem"], headers: ["Vary"] },
    ),
    RangeNotSatisfiable: problem(
      "The range begins after the end.",
      [told(416, "Range Not Satisfiable", `The transcript has ${status.bytes} bytes.`)],
      { headers: ["Content-Range", "Vary"] },
    ),
    NotModified: empty("`If-None-Match` names what is there.", ["ETag", "Cache-Control", "Vary"]),
    PreconditionFailed: problem(
      "`If-Match` names something else than what is there.",
      [told(412, "Precondition Failed", "The representation is not the one that If-Match names.")],
      { headers: ["Vary"] },
    ),
    NotShowable: problem(
      "The transcript can only be had as JSON: a single word, utterance or text in it is too large, or it has too many channels.",
      [told(422, "Unprocessable Content", TOO_LARGE)],
    ),
    NotInFormat: problem(
      "The transcript can only be had as JSON: a single word, utterance or text in it is too large, or it has too many channels. Or the result is text intelligence, which has neither captions nor segments, and nothing to slice.",
      [
        told(422, "Unprocessable Content", TOO_LARGE),
        told(
          422,
          "Unprocessable Content",
          "The result is text intelligence, not a transcript: it has no vtt; ask for json, txt, md, html.",
        ),
      ],
    ),
  }) satisfies Record<string, Answer>;

/** Every format; that of JSON is given. */
function content(json: MediaType, rendered: Partial<Rendered>): Record<string, MediaType> {
  const media: Record<string, MediaType> = {};
  for (const [format, type] of MEDIA_TYPES) {
    const example = format === "json" ? undefined : rendered[format];
    const text = { schema: { type: "string" }, ...(example && { examples: one(example) }) };
    media[type] = format === "json" ? json : text;
  }
  return media;
}
