import type { Config } from "../config.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { log } from "../log.ts";
import { CREATE_ONLY } from "../store/create-only.ts";
import { linkExpectation, type Source } from "../store/expectations.ts";
import { resubmissionKey } from "../store/keys.ts";
import { acceptedRequest } from "./accepted.ts";
import { expectCallback, mint } from "./expect.ts";
import { forward } from "./forward.ts";

/**
 * Submits the audio of an overdue request once more, and links both. Never twice: whoever dies between
 * the claim and the submission leaves it to a person.
 */
export async function resubmit(
  env: Env,
  config: Config,
  overdue: RequestId,
  { url, query }: Source,
): Promise<void> {
  const minted = await mint(config, "s", Date.now());
  if (minted === null || config.deepgram.apiKey === "") return;
  const claim = await env.TRANSCRIPTS.put(resubmissionKey(overdue), "", { onlyIf: CREATE_ONLY });
  if (claim === null) return;
  const forwarded = await forward(config.deepgram, {
    query: new URLSearchParams(query),
    callback: minted.callback,
    headers: new Headers({ "content-type": "application/json" }),
    body: JSON.stringify({ url }),
  });
  const requestId = forwarded.answered ? acceptedRequest(await forwarded.response.text()) : null;
  if (requestId === null) {
    log("error", "resubmission.failed", { request_id: overdue });
    return;
  }
  const expected = {
    requestId,
    job: minted.job,
    deadlineSeconds: config.callbackDeadlineSeconds,
    predecessor: overdue,
  };
  await expectCallback(env, expected, Date.now());
  await linkExpectation(env.TRANSCRIPTS, overdue, requestId);
  log("info", "resubmitted", { request_id: requestId, predecessor: overdue });
}
