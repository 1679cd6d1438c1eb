import { mayBeOfJob } from "../auth/job-credentials.ts";
import { updateCatalogue } from "../catalogue/update-catalogue.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { empty, shared } from "../http/describe/answers.ts";
import { type Describe, requestIdParameter } from "../http/describe/operation.ts";
import { storageUnavailable } from "../http/problem.ts";
import type { Handler, Route } from "../http/route.ts";
import { log, reasonOf } from "../lib/log.ts";
import { liveObjectOf } from "../live/deliver-message.ts";
import { handOver } from "../queue/messages.ts";
import { requestIdOf, unknownTranscript } from "../read/require-transcript.ts";
import { headCallback } from "../store/callbacks.ts";
import { eraseAttachments, type Grave, writeTombstone } from "../store/erase.ts";
import { deleteExpectation, type Expectation, readExpectation } from "../store/expectations.ts";
import type { CallbackRecord, Tombstone } from "../store/record.ts";

/** `DELETE /v1/transcripts/{request_id}` */
const deleteTranscript: Handler = async (c) => {
  const known = await eraseTranscript(c.env, requestIdOf(c)).catch(storageUnavailable);
  if (!known) throw unknownTranscript();
  return c.body(null, 204);
};

export const deletionRoute: Route = {
  method: "DELETE",
  path: "/v1/transcripts/:request_id",
  scope: "admin",
  handle: deleteTranscript,
};

export const deletionOperation: Describe = ({ requestId }) => ({
  route: deletionRoute,
  tag: "Administration",
  operationId: "deleteTranscript",
  summary: "Erase a transcript",
  description:
    "Erases the body, its versions and all that was made of it, and leaves a tombstone with the time. Callbacks that come later are answered 200 and not stored. The id that was given out for a job stands for the request that it becomes. May be repeated.",
  params: requestIdParameter(requestId),
  responses: { 204: empty("It is erased."), 404: shared("UnknownTranscript") },
});

// By then no consumer is still at work that began before the tombstone was there.
export const SECOND_ERASURE_DELAY_SECONDS = 120;

/**
 * Erases a transcript, there or expected, and all that belongs to it, leaving a tombstone; by the id
 * of its job too. False when it is not known.
 * May be repeated; when it throws, either nothing has changed or repeating it ends the work.
 */
export async function eraseTranscript(env: Env, id: RequestId): Promise<boolean> {
  const known = await knownOf(env, id);
  if (known === null) return false;
  const grave = await leaveTombstone(env, id, known);
  if (mayBeOfJob(id)) await eraseRequestOfJob(env, id);
  await clear(env, known, grave);
  return true;
}

/**
 * Asked after the tombstone is there: who leads on to the request later sees that. Of the request itself
 * nothing may be known yet: its callback is being stored.
 */
async function eraseRequestOfJob(env: Env, id: RequestId): Promise<void> {
  const successor = (await readExpectation(env.TRANSCRIPTS, id))?.successor ?? id;
  if (successor === id) return;
  const known = (await knownOf(env, successor)) ?? { record: null, expectation: null };
  await clear(env, known, await leaveTombstone(env, successor, known));
}

type Known = { record: CallbackRecord | Tombstone | null; expectation: Expectation | null };

async function knownOf({ TRANSCRIPTS }: Env, id: RequestId): Promise<Known | null> {
  const record = await headCallback(TRANSCRIPTS, id);
  const expectation = await readExpectation(TRANSCRIPTS, id);
  return record === null && expectation === null ? null : { record, expectation };
}

/** Leaves a tombstone, if there is none. The message comes first: it ends what breaks off after that. */
async function leaveTombstone(env: Env, id: RequestId, { record }: Known): Promise<Grave> {
  const again = { type: "callback", request_id: id } as const;
  await handOver(env, again, { delaySeconds: SECOND_ERASURE_DELAY_SECONDS });
  return writeTombstone(env.TRANSCRIPTS, id, new Date().toISOString(), record);
}

/** Removes what there is besides the tombstone. */
async function clear(env: Env, { expectation }: Known, grave: Grave): Promise<void> {
  const { requestId: id } = grave;
  await eraseAttachments(env.TRANSCRIPTS, grave);
  // It has the messages of a stream for a day after its end.
  if (expectation?.state === "live") await liveObjectOf(env, expectation).erase();
  await deleteExpectation(env.TRANSCRIPTS, id);
  await eraseRow(env, grave);
}

/** A catalogue that is away is no hindrance: the message handed over erases the row as well. */
async function eraseRow(env: Env, { requestId, deletedAt, firstReceivedAt }: Grave): Promise<void> {
  try {
    await updateCatalogue(env, [{ change: "erase", requestId, deletedAt, firstReceivedAt }]);
  } catch (error) {
    log("warn", "catalogue.unavailable", { request_id: requestId, reason: reasonOf(error) });
  }
}
