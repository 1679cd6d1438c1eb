import { env } from "cloudflare:workers";
import { jobRequestId } from "../../../../src/auth/job-credentials.ts";
import { errorBody } from "../../../support/bodies/errors.ts";
import { deliver, transcript } from "../../../support/deliver.ts";
import { asOperator } from "../../../support/get.ts";

/** A stored transcript's id. */
export async function received(options?: Parameters<typeof transcript>[0]): Promise<string> {
  const { id, body } = transcript(options);
  await deliver(body);
  return id;
}

export async function deleted(): Promise<string> {
  const id = await received();
  await asOperator(`/v1/transcripts/${id}`, "DELETE");
  return id;
}

export async function failed(): Promise<string> {
  const id = crypto.randomUUID();
  await deliver(errorBody("err_code", id));
  return id;
}

/** As src/store/README.md has it. */
export async function awaited(
  state: "expected" | "overdue" | "failed",
  more: Record<string, string> = {},
  id: string = crypto.randomUUID(),
): Promise<string> {
  await env.TRANSCRIPTS.put(`expected/${id}`, "", {
    customMetadata: {
      state,
      expected_at: "2026-11-24T08:00:00.000Z",
      deadline_at: "2026-11-24T08:15:00.000Z",
      ...more,
    },
  });
  return id;
}

/** Of which a stream has said something. */
export async function live(): Promise<string> {
  const id = crypto.randomUUID();
  const words = [{ word: "ready", start: 0.5, end: 0.9, confidence: 0.9 }];
  for (const is_final of [true, false]) {
    const message = {
      type: "Results",
      channel_index: [0, 1],
      start: is_final ? 0 : 1,
      duration: 1,
      is_final,
      channel: { alternatives: [{ transcript: "ready", confidence: 0.9, words }] },
      metadata: { request_id: id },
    };
    await deliver(JSON.stringify(message));
  }
  return id;
}

/** Too large in one piece to be anything but JSON. */
export async function unshowable(): Promise<string> {
  const id = crypto.randomUUID();
  const results = { channels: [{ alternatives: [{ transcript: "x".repeat(5_000_000) }] }] };
  await deliver(JSON.stringify({ metadata: { request_id: id }, results }));
  return id;
}

/** The id of a job that has become a request. */
export const supersededJob = async (): Promise<string> =>
  awaited("expected", { successor: await received() }, await jobRequestId("x-a-job"));

/** Ids of transcripts in every state but that of being there. */
export const notThere = async (): Promise<string[]> => [
  crypto.randomUUID(),
  await awaited("expected"),
  await live(),
  await awaited("overdue"),
  await awaited("overdue", { successor: await received() }),
  await supersededJob(),
  await awaited("expected", { predecessor: crypto.randomUUID() }),
  await awaited("failed", { reason: "Deepgram's records say that it ended with 400." }),
  await failed(),
  await deleted(),
];
