import { problem } from "../http/problem.ts";
import type { Handler } from "../http/route.ts";
import { storageUnavailable } from "../http/storage-unavailable.ts";
import { isDigest } from "../lib/digest.ts";
import { observe } from "../lib/observe.ts";
import { handOver } from "../queue/outbox.ts";
import { requestIdOf } from "../read/request-id-of.ts";
import { deletedTranscript } from "../read/require-transcript.ts";
import { status } from "../read/status.ts";
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
export const postPromotion: Handler = async (c) => {
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
