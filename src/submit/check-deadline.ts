import * as z from "zod";
import { catalogueFollowUps, writeCatalogue } from "../catalogue/catalogue.ts";
import { catalogueExpectation, knowsCallback } from "../catalogue/expectations.ts";
import type { Config } from "../config/config.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { sendDue } from "../follow-ups/follow-up.ts";
import { planMissing } from "../follow-ups/plan.ts";
import { log, observe, reasonOf } from "../lib/log.ts";
import { handOver } from "../queue/messages.ts";
import { headCallback } from "../store/callbacks.ts";
import { openEntry } from "../store/effect-claims.ts";
import {
  type Expectation,
  type OpenExpectation,
  openExpectation,
  replaceExpectation,
} from "../store/expectations.ts";
import type { CallbackRecord, Tombstone } from "../store/record.ts";
import { releaseResubmission } from "../store/submissions.ts";
import { expectCallback, watch } from "./expect-callback.ts";
import { resubmit } from "./resubmit.ts";

/** For what Deepgram says is running. */
const ASK_AGAIN_SECONDS = 300;
const MAX_RUNNING_MS = 86_400_000;
const TOO_MANY_REQUESTS = 429;

/**
 * Checks an expected callback whose deadline may have passed. One that has not arrived becomes overdue,
 * or failed when Deepgram says so; notifications are sent once. May run any number of times. Throws when R2 or the queue
 * does not answer.
 */
export async function checkDeadline(
  env: Env,
  config: Config,
  id: RequestId,
  now: number,
): Promise<void> {
  const record = await headCallback(env.TRANSCRIPTS, id);
  if (record !== null) return followUpIfUnknown(env, record);
  const open = await openExpectation(env.TRANSCRIPTS, id);
  if (open === null || open.expectation.state === "live") return;
  const { expectation, source, details } = open;
  if (expectation.state === "expected" && expectation.successor !== null) {
    await expectSuccessor(env, config, open, expectation.successor, now);
    return writeCatalogue(env.CATALOGUE, [{ change: "remove", requestId: id }]);
  }
  const msLeft = Date.parse(expectation.deadlineAt ?? "") - now;
  if (msLeft > 0) return watch(env, id, msLeft / 1_000);
  if (expectation.state === "expected") {
    const verdict = await askDeepgram(config.deepgram, id);
    if (verdict.verdict === "running" && isYoung(expectation, now)) {
      return watch(env, id, ASK_AGAIN_SECONDS);
    }
    const ended = endedBy(expectation, verdict);
    await replaceExpectation(env.TRANSCRIPTS, open, ended);
    observe(env, "warn", "overdue", { request_id: id, outcome: ended.state });
    Object.assign(expectation, ended);
  }
  // After a crash between these steps the message comes again.
  await catalogueExpectation(env.CATALOGUE, { ...expectation, details });
  await report(env, config, expectation);
  const isFirst = expectation.predecessor === null;
  if (config.resubmitOverdue && expectation.state === "overdue" && source !== null && isFirst) {
    const resubmitted = await resubmit(env, config, { ...open, expectation, source });
    if (resubmitted.outcome === "refused" && resubmitted.status === TOO_MANY_REQUESTS) {
      await releaseResubmission(env.TRANSCRIPTS, id, "deadline");
      throw new Error("Deepgram takes no more requests for now");
    }
  }
}

/** Enqueues the follow-ups of a callback that was stored while the queue did not answer. */
async function followUpIfUnknown(env: Env, record: CallbackRecord | Tombstone): Promise<void> {
  if (record.state === "deleted" || (await knowsCallback(env.CATALOGUE, record))) return;
  await handOver(env, { type: "callback", request_id: record.requestId });
}

/** Which request it became may be all that is known of it: then it has a deadline of its own. */
async function expectSuccessor(
  env: Env,
  config: Config,
  { expectation: { tokenId }, details }: OpenExpectation,
  requestId: RequestId,
  now: number,
) {
  if ((await headCallback(env.TRANSCRIPTS, requestId)) !== null) return;
  const deadlineSeconds = config.callbackDeadlineSeconds;
  await expectCallback(env, { requestId, job: null, tokenId, deadlineSeconds, details }, now);
}

const isYoung = ({ expectedAt }: Expectation, now: number) =>
  now - Date.parse(expectedAt) < MAX_RUNNING_MS;

function endedBy(expectation: Expectation, verdict: Verdict): Expectation {
  return verdict.verdict === "failed"
    ? { ...expectation, state: "failed", reason: verdict.reason }
    : { ...expectation, state: "overdue" };
}

async function report(env: Env, config: Config, { requestId, state }: Expectation): Promise<void> {
  const effects = planMissing(state === "failed" ? "failed" : "overdue", config.followUps);
  for (const effect of effects) await openEntry(env.TRANSCRIPTS, requestId, effect, Date.now());
  if (effects.length === 0) return;
  await catalogueFollowUps(env.CATALOGUE, requestId, await sendDue(env, requestId));
}

/** What Deepgram's Management API says of a request. */
type Verdict =
  | { verdict: "running" }
  | { verdict: "failed"; reason: string }
  /** Finished, and delivered or given up. */
  | { verdict: "finished" }
  /** It does not know it, does not answer, or is not to be asked. */
  | { verdict: "unknown" };

const ANSWER_TIMEOUT_MS = 10_000;

const record = z.object({
  response: z
    .object({ code: z.number().nullish(), completed: z.string().nullish() })
    .nullish()
    .catch(null),
  // An older form tells attempts, code and time; a newer one is a text.
  callback: z
    .object({ code: z.number().nullish(), completed: z.string().nullish() })
    .nullish()
    .catch(null),
});

const answer = z.union([z.object({ request: record }).transform(({ request }) => request), record]);

/**
 * Asks `GET /v1/projects/{project_id}/requests/{request_id}`, which never gives the transcript.
 * https://developers.deepgram.com/reference/manage/usage/get-request
 */
async function askDeepgram(
  { url, apiKey, projectId }: Config["deepgram"],
  id: RequestId,
): Promise<Verdict> {
  if (apiKey === "" || projectId === "") return { verdict: "unknown" };
  try {
    const path = `/v1/projects/${encodeURIComponent(projectId)}/requests/${id}`;
    const response = await fetch(url + path, {
      headers: { authorization: `Token ${apiKey}` },
      redirect: "manual",
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    if (!response.ok) {
      await response.body?.cancel();
      return { verdict: "unknown" };
    }
    return verdictOf(answer.parse(await response.json()));
  } catch (error) {
    log("warn", "deepgram.unanswered", { request_id: id, reason: reasonOf(error) });
    return { verdict: "unknown" };
  }
}

function verdictOf({ response, callback }: z.infer<typeof record>): Verdict {
  const code = response?.code ?? null;
  if (code !== null && code >= 400) {
    return { verdict: "failed", reason: `Deepgram's records say that it ended with ${code}.` };
  }
  const isOver = Boolean(response?.completed) || Boolean(callback?.completed);
  return { verdict: isOver ? "finished" : "running" };
}
