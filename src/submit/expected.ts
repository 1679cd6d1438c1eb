import * as z from "zod";
import { requestId } from "../deepgram/request-id.ts";
import { jsonBody } from "../http/json-body.ts";
import { problem } from "../http/problem.ts";
import type { Handler } from "../http/route.ts";
import { storageUnavailable } from "../http/storage-unavailable.ts";
import { jobRequestId } from "../jobs/job-request-id.ts";
import { deletedTranscript } from "../read/require-transcript.ts";
import { headCallback } from "../store/callbacks.ts";
import { readExpectation } from "../store/expectations.ts";
import { bindJob } from "../store/submissions.ts";
import { expectCallback, mint } from "./expect.ts";

const MAX_DEADLINE_SECONDS = 259_200;

export const expectedBody = z.strictObject({
  request_id: requestId.optional(),
  deadline_seconds: z.int().min(1).max(MAX_DEADLINE_SECONDS).optional(),
});

export const expectedAnswer = z.object({
  request_id: z
    .string()
    .describe("That of the body; or, until Deepgram's is known, one that leads to it."),
  job: z.string(),
  callback_url: z.string().describe("With its credential: keep it secret."),
  deadline_at: z.iso.datetime(),
});

/** `POST /v1/expected`: a request that is submitted elsewhere. */
export const postExpected: Handler = async (c) => {
  const { config } = c.var;
  const asked = await jsonBody(expectedBody, c.req.raw);
  const now = Date.now();
  const minted = await mint(config, asked.request_id === undefined ? "x" : "s", now);
  if (minted === null) {
    throw problem(503, "SIGNING_KEYS or PUBLIC_URL is missing: no callback URL can be made.", {
      headers: { "retry-after": "60" },
    });
  }
  const { job, callback } = minted;
  const deadlineSeconds = asked.deadline_seconds ?? config.callbackDeadlineSeconds;
  const id = asked.request_id ?? (await jobRequestId(job));
  // Its URL need not be the one that Deepgram was given: the request may come by another job's too.
  const expected = { requestId: id, job: null, deadlineSeconds };
  const { TRANSCRIPTS } = c.env;
  const record = await headCallback(TRANSCRIPTS, id).catch(storageUnavailable);
  if (record?.state === "deleted") throw deletedTranscript(record);
  if (asked.request_id !== undefined) {
    await bindJob(TRANSCRIPTS, job, id).catch(storageUnavailable);
  }
  const isNew = await expectCallback(c.env, expected, now).catch(storageUnavailable);
  const known = isNew ? null : await readExpectation(TRANSCRIPTS, id).catch(storageUnavailable);
  const answer: z.infer<typeof expectedAnswer> = {
    request_id: id,
    job,
    callback_url: callback,
    deadline_at: known?.deadlineAt ?? new Date(now + deadlineSeconds * 1_000).toISOString(),
  };
  return c.json(answer, 201, { "cache-control": "no-store" });
};
