import type { Context } from "hono";
import type { AppEnv } from "../config/app-env.ts";
import { notARequestId, parseRequestId, type RequestId } from "../deepgram/request-id.ts";
import { problem } from "../http/problem.ts";
import { query } from "../http/query.ts";
import type { Handler } from "../http/route.ts";
import type { CallbackRecord } from "../store/record.ts";
import { acceptedFormat, suffixFormat } from "./accepted-format.ts";
import { arrival } from "./arrival.ts";
import { offerDownload } from "./download.ts";
import { type Format, RENDERINGS, type RenderedFormat } from "./formats.ts";
import { named } from "./named.ts";
import { requireFormat } from "./not-a-transcript.ts";
import { requireRecord, type Wanted } from "./open.ts";
import { openResult } from "./open-segments.ts";
import { partialTranscript } from "./partial-transcript.ts";
import { raw } from "./raw.ts";
import { type Readable, rendered, viewOf } from "./rendered.ts";
import { requestIdOf } from "./request-id-of.ts";
import { transcriptQuery } from "./transcript-query.ts";

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
  if (format === "json" && Object.keys(view.slice).length > 0) {
    throw problem(
      400,
      "invalid_parameter",
      "The raw JSON is given whole: ask for another format to have a slice of it.",
    );
  }
  await arrival(bucket, requestId, wait, request.signal);
  if (partial === "true" && version === undefined) {
    const soFar = await partialTranscript(c.env, requestId, format, view);
    if (soFar !== null) return offerDownload(soFar, download, `${requestId}.${format}`);
  }
  const inFormat = async (rendering: RenderedFormat) => {
    const shown = await named(bucket, requestId, view, names);
    const naming = { title: requestId, variant: `${rendering}.${VERSION.id}${shown.tag}` };
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
  return offerDownload(response, download, `${requestId}.${format}`);
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
