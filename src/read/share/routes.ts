import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import * as z from "zod";
import type { AppEnv } from "../../config/app-env.ts";
import type { RequestId } from "../../deepgram/request-id.ts";
import { jsonBody } from "../../http/json-body.ts";
import { problem } from "../../http/problem.ts";
import type { Handler } from "../../http/route.ts";
import { storageUnavailable } from "../../http/storage-unavailable.ts";
import { createShare, listShares, revokeShare, type Share } from "../../store/shares.ts";
import { notATranscript } from "../not-a-transcript.ts";
import { requireRecord } from "../open.ts";
import { requestIdOf } from "../request-id-of.ts";
import { type ShareBody, shareBody } from "./share-body.ts";
import { shareUrl } from "./share-url.ts";

/** A share as the API shows it. */
export const shownShare = z.object({
  id: z.string(),
  url: z.string(),
  expires_at: z.iso.datetime(),
  from: z.number().nullable().describe("Seconds from the start of the audio."),
  to: z.number().nullable().describe("Seconds from the start of the audio."),
});

export const shareList = z.object({ shares: z.array(shownShare) });

const NO_STORE = { "cache-control": "no-store" };

/** `POST /v1/transcripts/{request_id}/share` */
export const postShare: Handler = async (c) => {
  const requestId = requestIdOf(c);
  const asked = await jsonBody(shareBody, c.req.raw);
  requireKeys(c);
  const share = await makeShare(c, requestId, asked);
  return c.json(await shown(c, share), 201, NO_STORE);
};

/** `GET /v1/transcripts/{request_id}/shares` */
export const getShares: Handler = async (c) => {
  const found = await listShares(c.env.TRANSCRIPTS, requestIdOf(c)).catch(storageUnavailable);
  if (found.length > 0) requireKeys(c);
  const shares = await Promise.all(found.map((share) => shown(c, share)));
  return c.json({ shares } satisfies z.infer<typeof shareList>, 200, NO_STORE);
};

/** `DELETE /v1/transcripts/{request_id}/shares/{id}` */
export const deleteShare: Handler = async (c) => {
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
