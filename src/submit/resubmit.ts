import * as z from "zod";
import type { Config } from "../config.ts";
import { type RequestId, requestId } from "../deepgram/request-id.ts";
import { log } from "../log.ts";
import { parseJson } from "../parse-json.ts";
import { CREATE_ONLY } from "../store/create-only.ts";
import { linkExpectation, type Source } from "../store/expectations.ts";
import { resubmissionKey } from "../store/keys.ts";
import { expectCallback, mint } from "./expect.ts";
import { forward } from "./forward.ts";

const accepted = z.object({ request_id: requestId });

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
  const answer = forwarded.answered ? parseJson(await forwarded.response.text()) : undefined;
  const { data } = accepted.safeParse(answer);
  if (data === undefined) {
    log("error", "resubmission.failed", { request_id: overdue });
    return;
  }
  const expected = {
    requestId: data.request_id,
    job: minted.job,
    deadlineSeconds: config.callbackDeadlineSeconds,
    predecessor: overdue,
  };
  await expectCallback(env, expected, Date.now());
  await linkExpectation(env.TRANSCRIPTS, overdue, data.request_id);
  log("info", "resubmitted", { request_id: data.request_id, predecessor: overdue });
}
