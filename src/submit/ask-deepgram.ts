import * as z from "zod";
import type { Config } from "../config/config.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { log, reasonOf } from "../lib/log.ts";

/** What Deepgram's Management API says of a request. */
export type Verdict =
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
export async function askDeepgram(
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
