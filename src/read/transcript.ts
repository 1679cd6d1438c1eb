import type { Context } from "hono";
import * as z from "zod";
import type { AppEnv } from "../config/config.ts";
import { notARequestId, parseRequestId, type RequestId } from "../deepgram/request-id.ts";
import { shared, wrongParameter } from "../http/describe/answers.ts";
import {
  CONDITIONS,
  type Describe,
  type Operation,
  RANGES,
  requestIdParameter,
} from "../http/describe/operation.ts";
import { problem, storageUnavailable } from "../http/problem.ts";
import { type Handler, query, type Route } from "../http/route.ts";
import { liveObjectOf } from "../live/deliver-message.ts";
import { headCallback } from "../store/callbacks.ts";
import { readExpectation } from "../store/expectations.ts";
import type { CallbackRecord } from "../store/record.ts";
import { captionQuery } from "../transcript/captions/captions.ts";
import { readSegments } from "../transcript/formats/jsonl.ts";
import { slice, sliceQuery } from "../transcript/slice/slice.ts";
import {
  downloadParameters,
  formatParameter,
  noSuchFile,
  viewParameters,
  WAIT,
} from "./describe.ts";
import { documentTitle, offerDownload } from "./download.ts";
import {
  acceptedFormat,
  type Format,
  MEDIA_TYPES,
  RENDERINGS,
  type Readable,
  type RenderedFormat,
  rendered,
  suffixFormat,
  textStream,
  translationQuery,
  type View,
  viewOf,
  withSpeakerNames,
} from "./formats.ts";
import { openResult, requireRecord, type Wanted } from "./open-transcript.ts";
import { raw } from "./raw.ts";
import { requestIdOf, requireFormat } from "./require-transcript.ts";
import { arrival, wait } from "./wait.ts";

/** `GET /v1/transcripts/{request_id}`, in the format that `Accept` wants most. */
export const getTranscript: Handler = async (c) => {
  const format = acceptedFormat(c.req.header("accept"));
  const response = await transcript(c, requestIdOf(c), format);
  response.headers.append("vary", "Accept");
  return response;
};

/** `GET /v1/transcripts/{request_id}.{format}` */
export const getTranscriptFile: Handler = async (c) => {
  const file = c.req.param("file") ?? "";
  const [id, suffix = "", ...rest] = file.split(".");
  const requestId = parseRequestId(id);
  if (requestId === null || rest.length > 0) {
    throw problem(404, "unknown_transcript", `${notARequestId(rest.length > 0 ? file : id)}.`);
  }
  return transcript(c, requestId, suffixFormat(suffix));
};

async function transcript(
  c: Context<AppEnv>,
  requestId: RequestId,
  format: Format,
): Promise<Response> {
  const parameters = c.req.query();
  const { version, wait, download, partial, names } = query(transcriptQuery, parameters);
  const view = viewOf(parameters);
  const { TRANSCRIPTS: bucket, VERSION } = c.env;
  const request = c.req.raw;
  const file = { requestId, suffix: `.${format}` };
  if (format === "json" && Object.keys(view.slice).length > 0) {
    throw problem(
      400,
      "invalid_parameter",
      "The raw JSON is given whole: ask for another format to have a slice of it.",
    );
  }
  await arrival(bucket, requestId, wait, request.signal);
  if (partial === "true" && version === undefined) {
    const shown = await withSpeakerNames(bucket, requestId, view, names);
    const soFar = await partialTranscript(c.env, requestId, format, shown.view);
    if (soFar !== null) return offerDownload(bucket, soFar, download, file);
  }
  const inFormat = async (rendering: RenderedFormat) => {
    const shown = await withSpeakerNames(bucket, requestId, view, names);
    const { title, tag } = await documentTitle(bucket, requestId, rendering);
    const naming = { title, variant: `${rendering}.${VERSION.id}${shown.tag}${tag}` };
    const check = (record: CallbackRecord) => requireFormat(record, rendering, view);
    const source = readable(bucket, { requestId, version }, check);
    return rendered(request, source, RENDERINGS[rendering], shown.view, naming);
  };
  // Who names a body by its digest wants its bytes, whatever they say.
  const takes = version === undefined ? "transcripts" : "failures too";
  const response =
    format === "json"
      ? await raw(request, bucket, { requestId, version, takes })
      : await inFormat(format);
  return offerDownload(bucket, response, download, file);
}

/** `check` throws the answer for a record that cannot be had as it is asked for. */
const readable = (
  bucket: R2Bucket,
  wanted: Wanted,
  check: (record: CallbackRecord) => void,
): Readable => ({
  tag: async () => {
    const record = await requireRecord(bucket, wanted);
    check(record);
    return record.sha256;
  },
  open: async () => {
    const { record, ...result } = await openResult(bucket, wanted);
    check(record);
    return { tag: record.sha256, ...result };
  },
});

const transcriptQuery = z.object({
  ...translationQuery.shape,
  version: z.string().optional(),
  partial: z.enum(["true", "false"]).optional(),
  wait,
});

const QUERY = [transcriptQuery, sliceQuery, captionQuery];

export const transcriptRoute: Route = {
  method: "GET",
  path: "/v1/transcripts/:request_id",
  scope: "read",
  query: QUERY,
  handle: getTranscript,
};

export const transcriptFileRoute: Route = {
  method: "GET",
  path: "/v1/transcripts/:file{[^/.]+\\.[^/]+}",
  scope: "read",
  query: QUERY,
  handle: getTranscriptFile,
};

export const transcriptOperation: Describe = (examples) => {
  const common = inAnyFormat();
  return {
    route: transcriptRoute,
    operationId: "getTranscript",
    summary: "Read a transcript in the format that `Accept` wants",
    ...common,
    description: `${common.description}

Of the media types that \`Accept\` allows the one of the greatest weight is given; raw JSON where it does not say.`,
    params: requestIdParameter(examples.requestId),
    responses: {
      ...common.responses,
      404: shared("UnknownTranscript"),
      406: shared("NotAcceptable"),
    },
  };
};

export const transcriptFileOperation: Describe = (examples) => {
  const common = inAnyFormat();
  return {
    route: transcriptFileRoute,
    path: "/v1/transcripts/{request_id}.{format}",
    operationId: "getTranscriptFile",
    summary: "Read a transcript in the format of the suffix",
    ...common,
    params: { ...requestIdParameter(examples.requestId), ...formatParameter },
    responses: {
      ...common.responses,
      404: noSuchFile("No such transcript is known, nor expected.", [
        "unknown_transcript",
        "No transcript is known by this request_id.",
      ]),
    },
  };
};

const inAnyFormat = () =>
  ({
    tag: "Reading",
    description:
      "The raw JSON is the callback body byte for byte, a `callback_secret` in it masked. The other formats are made from it: WebVTT, SubRip, plain text, Markdown, CSV, JSON Lines (each line a [Segment](#/components/schemas/Segment)) and HTML. Slices are for all of these but not for the raw JSON, ranges of bytes for the raw JSON alone.",
    query: {
      wait: WAIT,
      partial:
        "`true`: while the state is `live`, 200 with what has been said so far. Its last words may still change.",
      ...downloadParameters,
      version:
        "The SHA-256 of a body that the status shows, as its own or under `conflicts`, in hexadecimal. As JSON it is given also where Deepgram failed.",
      ...viewParameters,
    },
    headers: { ...CONDITIONS, ...RANGES },
    responses: {
      200: shared("Transcript"),
      202: shared("ToCome"),
      206: shared("TranscriptPart"),
      304: shared("NotModified"),
      307: shared("Superseded"),
      400: wrongParameter(
        "wait must be at most 60.",
        "The raw JSON is given whole: ask for another format to have a slice of it.",
      ),
      410: shared("Deleted"),
      412: shared("PreconditionFailed"),
      416: shared("RangeNotSatisfiable"),
      422: shared("NotInFormat"),
      424: shared("Failed"),
      504: shared("Overdue"),
    },
  }) satisfies Partial<Operation>;

/**
 * What a stream has said so far, words included that may yet change; null when the request is not
 * live. Throws the answer when that cannot be read.
 */
async function partialTranscript(
  env: Env,
  requestId: RequestId,
  format: Format,
  { slice: wanted, captions }: View,
): Promise<Response | null> {
  const record = await headCallback(env.TRANSCRIPTS, requestId).catch(storageUnavailable);
  if (record !== null) return null;
  const expectation = await readExpectation(env.TRANSCRIPTS, requestId).catch(storageUnavailable);
  if (expectation?.state !== "live") return null;
  const owner = liveObjectOf(env, expectation);
  const headers = { "content-type": typeOf(format), "cache-control": "no-store" };
  const response = format === "json" ? await owner.document() : await owner.segments();
  if (!response?.body) return null;
  if (format === "json") return new Response(response.body, { headers });
  const { render, headers: own } = RENDERINGS[format];
  const segments = slice(readSegments(response.body), wanted);
  const text = textStream(render(segments, { ...captions, title: requestId }));
  return new Response(text, { headers: { ...headers, ...own } });
}

const typeOf = (format: Format) =>
  format === "json" ? "application/json" : `${MEDIA_TYPES.get(format)}; charset=utf-8`;
