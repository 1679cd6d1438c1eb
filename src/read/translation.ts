import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import * as z from "zod";
import type { AppEnv } from "../config/config.ts";
import { effectName, languageTag } from "../config/follow-ups.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import {
  headerRefs,
  notFound,
  one,
  problemAnswer,
  problemExample,
  shared,
  wrongParameter,
} from "../http/describe/answers.ts";
import {
  CONDITIONS,
  type Describe,
  described,
  type Examples,
  type Operation,
  requestIdParameter,
} from "../http/describe/operation.ts";
import { problem, storageUnavailable } from "../http/problem.ts";
import { type Handler, query, type Route } from "../http/route.ts";
import { readEntry } from "../store/effect-claims.ts";
import { isOfBody } from "../store/effect-entry.ts";
import { translationSegments } from "../store/translations.ts";
import { captionQuery } from "../transcript/captions/captions.ts";
import { jsonDocument } from "../transcript/formats/jsonl.ts";
import { sliceQuery } from "../transcript/slice/slice.ts";
import {
  downloadParameters,
  failedProblem,
  formatParameter,
  noSuchFile,
  untranslatedProblem,
  viewParameters,
} from "./describe.ts";
import { documentTitle, offerDownload } from "./download.ts";
import {
  acceptedFormat,
  type Format,
  RENDERINGS,
  type Readable,
  type Rendering,
  rendered,
  suffixFormat,
  translationQuery,
  viewOf,
  withSpeakerNames,
} from "./formats.ts";
import { requireRecord } from "./open-transcript.ts";
import { notATranscript, requestIdOf } from "./require-transcript.ts";
import { followUpOf } from "./status.ts";
import { followUpStatus, transcriptStatus } from "./transcript-status.ts";

const RETRY_AFTER_SECONDS = "5";

const unknownTranslation = () =>
  problem(404, "unknown_translation", "No translation into this language was asked for.");

/** `GET /v1/transcripts/{request_id}/translations/{lang}`, in the format that `Accept` wants most. */
export const getTranslation: Handler = async (c) => {
  const format = acceptedFormat(c.req.header("accept"));
  const response = await translation(c, c.req.param("language") ?? "", format);
  response.headers.append("vary", "Accept");
  return response;
};

/** `GET /v1/transcripts/{request_id}/translations/{lang}.{format}` */
export const getTranslationFile: Handler = async (c) => {
  const [language = "", suffix = "", ...rest] = (c.req.param("file") ?? "").split(".");
  if (rest.length > 0) throw unknownTranslation();
  return translation(c, language, suffixFormat(suffix));
};

async function translation(c: Context<AppEnv>, tag: string, format: Format): Promise<Response> {
  const requestId = requestIdOf(c);
  const parameters = c.req.query();
  const { download, names } = query(translationQuery, parameters);
  const language = languageTag.safeParse(tag).data;
  if (language === undefined) throw unknownTranslation();
  const bucket = c.env.TRANSCRIPTS;
  const { view, tag: suffix } = await withSpeakerNames(
    bucket,
    requestId,
    viewOf(parameters),
    names,
  );
  const named = await documentTitle(bucket, requestId, format);
  const variant = `${format}.${c.env.VERSION.id}${suffix}${named.tag}`;
  const naming = { title: named.title, variant };
  const rendering: Rendering =
    format === "json"
      ? { type: "application/json", render: jsonDocument({ request_id: requestId, language }) }
      : RENDERINGS[format];
  const readable = readableTranslation(bucket, requestId, language);
  const response = await rendered(c.req.raw, readable, rendering, view, naming);
  return offerDownload(bucket, response, download, {
    requestId,
    suffix: `.${language}.${format}`,
  });
}

function readableTranslation(bucket: R2Bucket, id: RequestId, language: string): Readable {
  const required = async () => {
    const record = await requireRecord(bucket, { requestId: id });
    if (record.kind === "text") throw notATranscript("translation");
    const name = effectName({ channel: "translate", to: language });
    const entry = await readEntry(bucket, id, name).catch(storageUnavailable);
    if (entry === null) throw unknownTranslation();
    // Of the body before, it is not done for this one.
    const isOfAnother = entry.state === "done" && !isOfBody(entry, record);
    const followUp = followUpOf(isOfAnother ? { ...entry, state: "queued" } : entry);
    switch (followUp.state) {
      case "done":
        // A person may have had it made again.
        return { record, tag: `${record.sha256}.${language}.${entry.generation}` };
      case "cancelled":
      case "failed":
      case "dead":
      case "uncertain":
        throw problem(424, "translation_failed", "The transcript could not be translated.", {
          members: { request_id: id, follow_up: followUp },
        });
      case "queued":
      case "running":
      case "retrying":
        throw new HTTPException(202, {
          res: Response.json(followUp, {
            status: 202,
            headers: { "retry-after": RETRY_AFTER_SECONDS, "cache-control": "no-store" },
          }),
        });
    }
  };
  const open = async () => {
    const { record, tag } = await required();
    return { tag, segments: translationSegments(bucket, record, language) };
  };
  return { tag: async () => (await required()).tag, open };
}

const QUERY = [translationQuery, sliceQuery, captionQuery];

export const translationRoute: Route = {
  method: "GET",
  path: "/v1/transcripts/:request_id/translations/:language",
  scope: "read",
  query: QUERY,
  handle: getTranslation,
};

export const translationFileRoute: Route = {
  method: "GET",
  path: "/v1/transcripts/:request_id/translations/:file{[^/.]+\\.[^/]+}",
  scope: "read",
  query: QUERY,
  handle: getTranslationFile,
};

export const translationOperation: Describe = (examples) => {
  const common = inAnyFormat(examples);
  return {
    route: translationRoute,
    operationId: "getTranslation",
    summary: "Read a translation in the format that `Accept` wants",
    ...common,
    responses: {
      ...common.responses,
      404: notFound(
        "No such transcript is known, nor expected; or no such translation was asked for.",
        ["unknown_transcript", "No transcript is known by this request_id."],
        ["unknown_translation", "No translation into this language was asked for."],
      ),
      406: shared("NotAcceptable"),
    },
  };
};

export const translationFileOperation: Describe = (examples) => {
  const common = inAnyFormat(examples);
  return {
    route: translationFileRoute,
    path: "/v1/transcripts/{request_id}/translations/{language}.{format}",
    operationId: "getTranslationFile",
    summary: "Read a translation in the format of the suffix",
    ...common,
    params: { ...common.params, ...formatParameter },
    responses: {
      ...common.responses,
      404: noSuchFile(
        "No such transcript is known, nor expected, or no such translation was asked for.",
        ["unknown_transcript", "No transcript is known by this request_id."],
        ["unknown_translation", "No translation into this language was asked for."],
      ),
    },
  };
};

const inAnyFormat = ({ requestId, followUp, failure }: Examples) =>
  ({
    tag: "Reading",
    description:
      "Every segment translated, with its times: captions exist in the other language too. Slices are for all formats.",
    params: {
      ...requestIdParameter(requestId),
      language: described(languageTag, "A BCP 47 tag of letters, digits and hyphens.", "es"),
    },
    query: { ...downloadParameters, ...viewParameters },
    headers: CONDITIONS,
    responses: {
      200: shared("Translation"),
      202: {
        description:
          "The translation is not finished: its follow-up; or the transcript is expected: its status.",
        headers: headerRefs(["Retry-After"]),
        content: {
          "application/json": {
            schema: z.union([followUpStatus, transcriptStatus]),
            examples: one(followUp),
          },
        },
      },
      304: shared("NotModified"),
      307: shared("Superseded"),
      400: wrongParameter("to must be greater than from."),
      410: shared("Deleted"),
      412: shared("PreconditionFailed"),
      424: problemAnswer(
        "The transcript could not be translated; or Deepgram could not transcribe the audio.",
        [
          problemExample(424, "translation_failed", "The transcript could not be translated.", {
            request_id: requestId,
            follow_up: { ...followUp, state: "failed", last_error: "the language is not known" },
          }),
          failure.problem,
        ],
        { schema: z.union([untranslatedProblem, failedProblem]) },
      ),
      504: shared("Overdue"),
    },
  }) satisfies Partial<Operation>;
