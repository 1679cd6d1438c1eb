import type { Context } from "hono";
import type { AppEnv } from "../app-env.ts";
import { parseRequestId, type RequestId } from "../deepgram/request-id.ts";
import { negotiate } from "../http/negotiate.ts";
import { problem } from "../http/problem.ts";
import { query } from "../http/query.ts";
import type { Handler } from "../http/route.ts";
import { captionQuery } from "../render/caption-query.ts";
import { sliceQuery } from "../slice/slice-query.ts";
import { arrival } from "./arrival.ts";
import { type Format, isFormat, MEDIA_TYPES } from "./formats.ts";
import { keyOf } from "./open.ts";
import { raw } from "./raw.ts";
import { rendered } from "./rendered.ts";
import { requestIdOf } from "./request-id-of.ts";
import { unknownTranscript } from "./require-transcript.ts";
import { transcriptQuery } from "./transcript-query.ts";

/** `GET /v1/transcripts/{request_id}`, in the format that `Accept` wants most. */
export const getTranscript: Handler = async (c) => {
  const requestId = requestIdOf(c);
  const format = accepted(c.req.header("accept"));
  if (format === null) {
    throw problem(406, "The transcript has no representation that Accept allows.", {
      headers: { vary: "Accept" },
      members: { available: [...MEDIA_TYPES.values()] },
    });
  }
  const response = await transcript(c, requestId, format);
  response.headers.append("vary", "Accept");
  return response;
};

/** `GET /v1/transcripts/{request_id}.{format}` */
export const getTranscriptFile: Handler = async (c) => {
  const [id, suffix = "", ...rest] = (c.req.param("file") ?? "").split(".");
  const requestId = parseRequestId(id);
  if (requestId === null || rest.length > 0) throw unknownTranscript();
  if (!isFormat(suffix)) {
    const formats = [...MEDIA_TYPES.keys()].join(", ");
    throw problem(404, `There is no such format; the formats are ${formats}.`);
  }
  return transcript(c, requestId, suffix);
};

function accepted(accept: string | undefined): Format | null {
  const [json = "", ...others] = MEDIA_TYPES.values();
  const type = negotiate(accept, [json, ...others]);
  for (const [format, its] of MEDIA_TYPES) if (its === type) return format;
  return null;
}

async function transcript(
  c: Context<AppEnv>,
  requestId: RequestId,
  format: Format,
): Promise<Response> {
  const parameters = c.req.query();
  const { version, wait, download } = query(transcriptQuery, parameters);
  const slice = query(sliceQuery, parameters);
  const captions = query(captionQuery, parameters);
  const { TRANSCRIPTS, VERSION } = c.env;
  const request = c.req.raw;
  if (format === "json" && Object.keys(slice).length > 0) {
    throw problem(
      400,
      "The raw JSON is given whole: ask for another format to have a slice of it.",
    );
  }
  await arrival(TRANSCRIPTS, requestId, wait, request.signal);
  const key = await keyOf(TRANSCRIPTS, requestId, version);
  const source = { bucket: TRANSCRIPTS, requestId, key };
  const response =
    format === "json"
      ? await raw(request, TRANSCRIPTS, requestId, key)
      : await rendered(request, source, { format, slice, captions, deployment: VERSION.id });
  if (download !== undefined) {
    const name = `attachment; filename="${requestId}.${format}"`;
    response.headers.set("content-disposition", name);
  }
  return response;
}
