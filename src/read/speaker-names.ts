import type { Context } from "hono";
import * as z from "zod";
import { mayBeOfJob } from "../auth/job-credentials.ts";
import type { AppEnv } from "../config/config.ts";
import { conflict, json, jsonRequest, one, shared, wrongBody } from "../http/describe/answers.ts";
import { CONDITIONS, type Describe, requestIdParameter } from "../http/describe/operation.ts";
import { problem, storageUnavailable } from "../http/problem.ts";
import {
  CACHE_CONTROL,
  conditional,
  type Handler,
  jsonBody,
  type Route,
  SUBMIT_AND_READ,
} from "../http/route.ts";
import { documentOnly } from "../lib/docs-only-schema.ts";
import {
  MAX_NAME_CHARS,
  MAX_NAMES,
  openNames,
  replaceNames,
  SPEAKER_KEY,
} from "../store/details.ts";
import type { Names } from "../transcript/formats/speakers.ts";
import { labelText } from "../transcript/segments/clean-text.ts";
import { requestIdOf, requireKnown } from "./require-transcript.ts";

/** The entity tag where nobody has named anyone. */
const NO_NAMES_TAG = '"none"';

const speakerName = z
  .string()
  .transform(labelText)
  .refine((name) => name !== "", "is empty")
  .refine(
    (name) => [...name].length <= MAX_NAME_CHARS,
    `must have at most ${MAX_NAME_CHARS} characters`,
  );

const namesBody = z
  .record(z.string(), speakerName)
  .refine((names) => Object.keys(names).every((key) => SPEAKER_KEY.test(key)), {
    error: 'must have keys such as "0:1", channel and speaker',
  })
  .refine(
    (names) => Object.keys(names).length <= MAX_NAMES,
    `must have at most ${MAX_NAMES} names`,
  );

const tagOf = (etag: string | null): string => (etag === null ? NO_NAMES_TAG : `"${etag}"`);

/** `GET /v1/transcripts/{request_id}/names` */
const getNames: Handler = async (c) => {
  const requestId = requestIdOf(c);
  await requireKnown(c.env.TRANSCRIPTS, requestId);
  const { names, etag } = await openNames(c.env.TRANSCRIPTS, requestId).catch(storageUnavailable);
  const validators = { etag: tagOf(etag), "cache-control": CACHE_CONTROL };
  return conditional(c.req.raw.headers, validators) ?? answer(c, names, etag);
};

/** `PUT /v1/transcripts/{request_id}/names`: replaces all names. */
const putNames: Handler = async (c) => {
  const requestId = requestIdOf(c);
  const names = new Map(Object.entries(await jsonBody(namesBody, c.req.raw)));
  const bucket = c.env.TRANSCRIPTS;
  const { record } = await requireKnown(bucket, requestId);
  if (record === null && mayBeOfJob(requestId)) {
    throw problem(409, "not_received_yet", "Its request is not known yet: name speakers later.");
  }
  const { headers } = c.req.raw;
  const isConditional = headers.has("if-match") || headers.has("if-none-match");
  let replaced: string | null | undefined;
  if (isConditional) {
    replaced = (await openNames(bucket, requestId).catch(storageUnavailable)).etag;
    if (conditional(headers, { etag: tagOf(replaced) }) !== null) throw namesChanged();
  }
  const etag = await replaceNames(bucket, requestId, names, replaced).catch(storageUnavailable);
  if (etag === null) throw namesChanged();
  return answer(c, names, etag);
};

const namesChanged = () =>
  problem(412, "precondition_failed", "The representation is not the one that If-Match names.");

const answer = (c: Context<AppEnv>, names: Names, etag: string | null): Response =>
  c.json(Object.fromEntries(names), 200, {
    etag: tagOf(etag),
    "cache-control": CACHE_CONTROL,
  });

const PATH = "/v1/transcripts/:request_id/names";

export const namesRoute: Route = { method: "GET", path: PATH, scope: "read", handle: getNames };

export const newNamesRoute: Route = {
  method: "PUT",
  path: PATH,
  scope: SUBMIT_AND_READ,
  handle: putNames,
};

const namesShape = /* @__PURE__ */ documentOnly(() =>
  z.record(z.string(), z.string()).meta({
    id: "SpeakerNames",
    description: "Names by `{channel}:{speaker}`, the speaker empty without diarization.",
  }),
);

const EXAMPLE = { "0:0": "Ana", "0:1": "Dr. Okafor" };

export const namesOperation: Describe = ({ requestId }) => ({
  route: namesRoute,
  tag: "Reading",
  operationId: "getSpeakerNames",
  summary: "Read the names of speakers",
  description:
    "The names that people gave them; `names=true` shows a transcript with them. They belong to the request: whichever body is current, they stay.",
  params: requestIdParameter(requestId),
  headers: CONDITIONS,
  responses: {
    200: json(namesShape, "The names; none are an empty object.", {
      headers: ["ETag", "Cache-Control"],
      examples: one(EXAMPLE),
    }),
    304: shared("NotModified"),
    307: shared("Superseded"),
    404: shared("UnknownTranscript"),
    410: shared("Deleted"),
    412: shared("PreconditionFailed"),
  },
});

export const newNamesOperation: Describe = ({ requestId }) => ({
  route: newNamesRoute,
  tag: "Reading",
  operationId: "putSpeakerNames",
  summary: "Name the speakers",
  description:
    "Replaces all names. With `If-Match` only those that have this entity tag: read them, change them, and send them back, so that nobody's names are lost.",
  params: requestIdParameter(requestId),
  headers: { "If-Match": CONDITIONS["If-Match"] },
  requestBody: jsonRequest(namesShape, "Up to 500 names of up to 80 characters.", EXAMPLE),
  responses: {
    200: json(namesShape, "The names as they are now.", {
      headers: ["ETag", "Cache-Control"],
      examples: one(EXAMPLE),
    }),
    307: shared("Superseded"),
    400: wrongBody('The body must have keys such as "0:1", channel and speaker.'),
    404: shared("UnknownTranscript"),
    409: conflict("It is the id of a job whose request is not known yet.", [
      "not_received_yet",
      "Its request is not known yet: name speakers later.",
    ]),
    410: shared("Deleted"),
    412: shared("PreconditionFailed"),
    413: shared("BodyTooLarge"),
  },
});
