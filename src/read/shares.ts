import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import * as z from "zod";
import { sign, verified } from "../auth/signed.ts";
import type { AppEnv } from "../config/config.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import {
  conflict,
  empty,
  json,
  jsonRequest,
  notFound,
  one,
  shared,
  unavailable,
  wrongBody,
} from "../http/describe/answers.ts";
import { type Describe, described, requestIdParameter } from "../http/describe/operation.ts";
import { problem, storageUnavailable } from "../http/problem.ts";
import { type Handler, jsonBody, type Route, SUBMIT_AND_READ } from "../http/route.ts";
import { documentOnly } from "../lib/docs-only-schema.ts";
import {
  createShare,
  hasShare,
  listShares,
  revokeShare,
  type Share,
  share,
} from "../store/shares.ts";
import { requireRecord } from "./open-transcript.ts";
import { notATranscript, requestIdOf } from "./require-transcript.ts";

const MIN_SECONDS = 60;
const MAX_SECONDS = 31_536_000;
const MAX_TIME_SECONDS = 1e9;

const time = z.number().min(0).max(MAX_TIME_SECONDS);

/** What is asked for with a share: how long it lasts, and the range of the audio, all in seconds. */
export const shareBody = z
  .strictObject({
    expires_in: z.int().min(MIN_SECONDS).max(MAX_SECONDS),
    from: time.exactOptional(),
    to: time.exactOptional(),
  })
  .refine(({ from = 0, to = Infinity }) => from < to, {
    path: ["to"],
    error: "must be greater than from",
  });

type ShareBody = z.infer<typeof shareBody>;

/** A share as the API shows it. */
const shownShare = /* @__PURE__ */ documentOnly(() =>
  z
    .object({
      id: z.string(),
      url: z.string(),
      expires_at: z.iso.datetime(),
      from: z.number().nullable().describe("Seconds from the start of the audio."),
      to: z.number().nullable().describe("Seconds from the start of the audio."),
    })
    .meta({ id: "Share" }),
);

const newShare = /* @__PURE__ */ documentOnly(() => shareBody.meta({ id: "NewShare" }));

const shareList = /* @__PURE__ */ documentOnly(() =>
  z.object({ shares: z.array(shownShare) }).meta({ id: "ShareList" }),
);

const NO_STORE = { "cache-control": "no-store" };

/** `POST /v1/transcripts/{request_id}/share` */
const postShare: Handler = async (c) => {
  const requestId = requestIdOf(c);
  const asked = await jsonBody(shareBody, c.req.raw);
  requireKeys(c);
  const share = await makeShare(c, requestId, asked);
  return c.json(await shown(c, share), 201, NO_STORE);
};

/** `GET /v1/transcripts/{request_id}/shares` */
const getShares: Handler = async (c) => {
  const found = await listShares(c.env.TRANSCRIPTS, requestIdOf(c)).catch(storageUnavailable);
  if (found.length > 0) requireKeys(c);
  const shares = await Promise.all(found.map((share) => shown(c, share)));
  return c.json({ shares } satisfies z.infer<typeof shareList>, 200, NO_STORE);
};

/** `DELETE /v1/transcripts/{request_id}/shares/{id}` */
const deleteShare: Handler = async (c) => {
  const id = c.req.param("id") ?? "";
  const revoked = await revokeShare(c.env.TRANSCRIPTS, requestIdOf(c), id).catch(
    storageUnavailable,
  );
  if (!revoked) throw problem(404, "unknown_share", "The transcript has no share of this id.");
  return c.body(null, 204);
};

/** A share of a transcript that is there. Throws the answer for one that is not. */
export async function makeShare(
  c: Context<AppEnv>,
  requestId: RequestId,
  { expires_in, from, to }: ShareBody,
): Promise<Share> {
  const bucket = c.env.TRANSCRIPTS;
  const { kind } = await requireRecord(bucket, { requestId }).catch(refuseEarly);
  if (kind === "text" && (from !== undefined || to !== undefined)) {
    throw notATranscript("times of which a part could be shared");
  }
  const expires_at = new Date(Date.now() + expires_in * 1_000).toISOString();
  const wanted = { request_id: requestId, from: from ?? null, to: to ?? null, expires_at };
  return createShare(bucket, wanted).catch(storageUnavailable);
}

function refuseEarly(error: unknown): never {
  if (!(error instanceof HTTPException) || error.status !== 202) throw error;
  throw problem(409, "not_received_yet", "The transcript has not come yet: share it when it has.");
}

async function shown(c: Context<AppEnv>, share: Share): Promise<z.infer<typeof shownShare>> {
  const { signingKeys, publicUrl } = c.var.config;
  const { id, expires_at, from, to } = share;
  return { id, url: await shareUrl(signingKeys, publicUrl, share), expires_at, from, to };
}

function requireKeys(c: Context<AppEnv>): void {
  if (c.var.config.signingKeys.length > 0) return;
  throw problem(503, "not_configured", "No SIGNING_KEYS are configured: nothing can be shared.", {
    headers: { "retry-after": "60" },
  });
}

export const shareRoute: Route = {
  method: "POST",
  path: "/v1/transcripts/:request_id/share",
  scope: SUBMIT_AND_READ,
  handle: postShare,
};

/** The same under the name of what it makes. */
export const newShareRoute: Route = {
  ...shareRoute,
  path: "/v1/transcripts/:request_id/shares",
};

export const sharesRoute: Route = {
  method: "GET",
  path: "/v1/transcripts/:request_id/shares",
  scope: SUBMIT_AND_READ,
  handle: getShares,
};

export const revokeShareRoute: Route = {
  method: "DELETE",
  path: "/v1/transcripts/:request_id/shares/:id",
  scope: SUBMIT_AND_READ,
  handle: deleteShare,
};

export const shareOperation: Describe = ({ requestId }) => ({
  route: shareRoute,
  tag: "Sharing",
  operationId: "shareTranscript",
  summary: "Share a transcript",
  description:
    "Makes a signed link to a page that shows the transcript to anyone who has it, until it expires or is revoked. `from` and `to` share a part alone: seconds from the start of the audio.",
  params: requestIdParameter(requestId),
  requestBody: jsonRequest(newShare, "For how many seconds (a minute to a year), and which part.", {
    expires_in: 604_800,
    from: 2,
  }),
  responses: {
    201: json(shownShare, "It is shared.", { examples: one(exampleShare()) }),
    307: shared("Superseded"),
    400: wrongBody("to must be greater than from."),
    404: shared("UnknownTranscript"),
    409: conflict("The transcript has not come yet.", [
      "not_received_yet",
      "The transcript has not come yet: share it when it has.",
    ]),
    410: shared("Deleted"),
    413: shared("BodyTooLarge"),
    424: shared("Failed"),
    503: withoutKeys(),
    504: shared("Overdue"),
  },
});

export const newShareOperation: Describe = (examples) => ({
  ...shareOperation(examples),
  route: newShareRoute,
  operationId: "createShare",
  summary: "Share a transcript, under another address",
  description: "The same as `POST /v1/transcripts/{request_id}/share`.",
});

export const sharesOperation: Describe = ({ requestId }) => ({
  route: sharesRoute,
  tag: "Sharing",
  operationId: "listShares",
  summary: "List the shares of a transcript",
  description: "Those that neither have expired nor were revoked, each with its link.",
  params: requestIdParameter(requestId),
  responses: {
    200: json(shareList, "The shares; none are an empty list.", {
      examples: one({ shares: [exampleShare()] }),
    }),
    404: shared("UnknownTranscript"),
    503: withoutKeys(),
  },
});

export const revokeShareOperation: Describe = ({ requestId }) => ({
  route: revokeShareRoute,
  tag: "Sharing",
  operationId: "revokeShare",
  summary: "Revoke a share",
  description: "From then on its link opens nothing.",
  params: {
    ...requestIdParameter(requestId),
    id: described(z.string(), "Its `id`.", exampleShare().id),
  },
  responses: {
    204: empty("It is revoked."),
    404: notFound(
      "The transcript has no such share.",
      ["unknown_share", "The transcript has no share of this id."],
      ["unknown_transcript", "No transcript is known by this request_id."],
    ),
  },
});

const exampleShare = (): z.infer<typeof shownShare> => ({
  id: "q3X0mZr7bT_4cLwD",
  url: "https://edge.example/share/eyJpZCI6InEzWDBtWnI3YlRfNGNMd0QifQ.kXq1vYb7c0R2mT5wZ8nL4pJ6hF3dS9aG1eU0iOyKxWc",
  expires_at: "2026-12-01T09:30:00.000Z",
  from: 2,
  to: null,
});

const withoutKeys = () =>
  unavailable(
    "The storage does not answer, or no API tokens or no `SIGNING_KEYS` are configured.",
    "No SIGNING_KEYS are configured: nothing can be shared.",
  );

/** The address of a share: it can be made again and again, and is the same while the key is. */
export async function shareUrl(
  keys: readonly string[],
  publicUrl: string,
  { id, request_id, from, to, expires_at }: Share,
): Promise<string> {
  const signed = await sign(keys, "share", { id, request_id, from, to, expires_at });
  return `${publicUrl}/share/${signed}`;
}

/** The share of an address; null for one that was not signed here, has expired or was revoked. */
export async function openShare(
  bucket: R2Bucket,
  keys: readonly string[],
  signed: string,
): Promise<Share | null> {
  const { data } = share.safeParse(await verified(keys, "share", signed));
  if (data === undefined || Date.parse(data.expires_at) <= Date.now()) return null;
  return (await hasShare(bucket, data)) ? data : null;
}
