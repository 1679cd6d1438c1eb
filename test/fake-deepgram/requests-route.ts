import type { ServerResponse } from "node:http";
import { answerError, answerJson } from "./answer.ts";
import type { Job } from "./job.ts";
import type { Settings } from "./settings.ts";

const completedAt = (job: Job): string | null => {
  const last = job.attempts.at(-1);
  return last === undefined ? null : new Date(last.startedAt + last.ms).toISOString();
};

const callbackOf = (job: Job, shape: Settings["callbackShape"]): unknown => {
  if (job.callback === null) return null;
  if (shape === "string") return job.callback.url;
  const code = job.attempts.at(-1)?.status ?? null;
  return { attempts: job.attempts.length, code, completed: completedAt(job) };
};

const record = (job: Job, project: string, shape: Settings["callbackShape"]) => {
  const created = new Date(job.acceptedAt).toISOString();
  return {
    request_id: job.requestId,
    project_uuid: project,
    created,
    path: job.path,
    response: { code: 200, completed: job.state === "waiting" ? null : created },
    callback: callbackOf(job, shape),
  };
};

/**
 * `GET /v1/projects/{project_id}/requests/{request_id}`: whether a request exists and how it went,
 * never the transcript. https://developers.deepgram.com/reference/manage/usage/get-request
 */
export const usageRequest = (
  response: ServerResponse,
  { callbackShape }: Settings,
  job: Job | undefined,
  ids: { project: string; request: string },
): void => {
  if (job === undefined) answerError(response, 404, "Request not found.", ids.request);
  else answerJson(response, 200, { request: record(job, ids.project, callbackShape) });
};
