import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { jobCode, newJob } from "../../src/auth/job-credentials.ts";
import { basic, deliver, send } from "./deliver.ts";
import { get, OPERATOR } from "./get.ts";

/** What jobs are signed with. */
export const SIGNING_KEYS = "a-signing-key-of-the-tests-0123456789";

/** A job with its credential. */
export async function job(kind: "s" | "x" = "s", mintedAt = Date.now()) {
  const name = newJob(kind, mintedAt);
  return { name, authorization: basic(`${name}:${await jobCode(name, SIGNING_KEYS)}`) };
}

export type JobCall = Awaited<ReturnType<typeof job>>;

/** Delivers a body to the URL of a job. */
export const call = (
  body: BodyInit | null,
  { name, authorization }: JobCall,
  replaced: Partial<Env> = {},
  headers: Record<string, string> = {},
) =>
  deliver(body, {
    path: `/hook/${name}`,
    authorization,
    headers,
    env: { SIGNING_KEYS, ...replaced },
  });

/** As a submission records which request it became. */
export const bind = (name: string, id: string) =>
  env.TRANSCRIPTS.put(`submitted/${name}`, "", { customMetadata: { request_id: id } });

/** The status of a request. */
export const statusOf = async (id: string) =>
  (await get(`/v1/transcripts/${id}/status`)).json<Record<string, unknown>>();

/** `POST /v1/expected`: a job to call, and what was answered. */
export async function expected(body: Record<string, unknown> = {}) {
  const request = new Request("https://edge.test/v1/expected", {
    method: "POST",
    headers: { authorization: OPERATOR },
    body: JSON.stringify(body),
  });
  const response = await send(request, { SIGNING_KEYS, PUBLIC_URL: "https://edge.test" });
  expect(response.status).toBe(201);
  const answer = await response.json<{ request_id: string; job: string; callback_url: string }>();
  const { username, password } = new URL(answer.callback_url);
  return { ...answer, name: answer.job, authorization: basic(`${username}:${password}`) };
}
