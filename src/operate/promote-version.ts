import * as z from "zod";
import { conflict, json, notFound, one, shared } from "../http/describe/answers.ts";
import { type Describe, described, requestIdParameter } from "../http/describe/operation.ts";
import { problem, storageUnavailable } from "../http/problem.ts";
import type { Handler, Route } from "../http/route.ts";
import { isDigest } from "../lib/digest.ts";
import { observe } from "../lib/log.ts";
import { handOver } from "../queue/messages.ts";
import { deletedTranscript, requestIdOf } from "../read/require-transcript.ts";
import { status } from "../read/status.ts";
import { transcriptStatus } from "../read/transcript-status.ts";
import { headCallback, ReplacedMeanwhile } from "../store/callbacks.ts";
import { promoteVersion } from "../store/promote.ts";

const unknownVersion = () =>
  problem(404, "unknown_version", "The request has no body with this digest.");

function refuseRace(error: unknown): never {
  if (!(error instanceof ReplacedMeanwhile)) storageUnavailable(error);
  throw problem(409, "changed_meanwhile", "The current body kept changing: ask again.");
}

/**
 * `POST /v1/transcripts/{request_id}/versions/{sha256}/promote`: makes that body the current one, and
 * answers with the status. Repeating it changes nothing.
 */
const postPromotion: Handler = async (c) => {
  const requestId = requestIdOf(c);
  const sha256 = c.req.param("sha256") ?? "";
  const bucket = c.env.TRANSCRIPTS;
  if (!isDigest(sha256)) throw unknownVersion();
  const now = new Date().toISOString();
  const { outcome } = await promoteVersion(bucket, requestId, sha256, now).catch(refuseRace);
  switch (outcome) {
    case "unknown":
      throw unknownVersion();
    case "deleted": {
      const record = await headCallback(bucket, requestId).catch(storageUnavailable);
      throw record?.state === "deleted" ? deletedTranscript(record) : unknownVersion();
    }
    case "promoted":
    case "duplicate":
      observe(c.env, "info", "promotion", { request_id: requestId, outcome });
      await handOver(c.env, { type: "callback", request_id: requestId }).catch(storageUnavailable);
      return c.json(await status(bucket, requestId, c.var.config).catch(storageUnavailable), 200, {
        "cache-control": "no-store",
      });
  }
};

export const promotionRoute: Route = {
  method: "POST",
  path: "/v1/transcripts/:request_id/versions/:sha256/promote",
  scope: "admin",
  handle: postPromotion,
};

export const promotionOperation: Describe = ({ requestId, status }) => ({
  route: promotionRoute,
  tag: "Administration",
  operationId: "promoteVersion",
  summary: "Make another body the current one",
  description:
    "The current body becomes a version. What was made of it (segments, translations, search) is made of the other one, and webhooks get `transcript.updated`; no e-mail and no text message is repeated. A failure can be promoted over a transcript too. A promoted body gives way only to a body that the request did not have then. Repeating it changes nothing.",
  params: {
    ...requestIdParameter(requestId),
    sha256: described(
      z.string().regex(/^[0-9a-f]{64}$/),
      "The SHA-256 of a body that the status lists under `conflicts`, in hexadecimal.",
      status.sha256,
    ),
  },
  responses: {
    200: json(transcriptStatus, "It is the current body; the status.", { examples: one(status) }),
    404: notFound("The request is not known, or has no such body.", [
      "unknown_version",
      "The request has no body with this digest.",
    ]),
    409: conflict("Other bodies kept taking its place at the same time.", [
      "changed_meanwhile",
      "The current body kept changing: ask again.",
    ]),
    410: shared("Deleted"),
  },
});
