import { env } from "cloudflare:workers";
import { errorBody } from "../../support/bodies/errors.ts";
import { deliver, transcript } from "../../support/deliver.ts";
import { asOperator } from "../../support/get.ts";

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
export async function awaited(state: "expected" | "live" | "overdue"): Promise<string> {
  const id = crypto.randomUUID();
  await env.TRANSCRIPTS.put(`expected/${id}`, "", {
    customMetadata: {
      state,
      expected_at: "2026-11-24T08:00:00.000Z",
      deadline_at: "2026-11-24T08:15:00.000Z",
    },
  });
  return id;
}

/** Too large in one piece to be anything but JSON. */
export async function unshowable(): Promise<string> {
  const id = crypto.randomUUID();
  const results = { channels: [{ alternatives: [{ transcript: "x".repeat(5_000_000) }] }] };
  await deliver(JSON.stringify({ metadata: { request_id: id }, results }));
  return id;
}

/** Ids of transcripts in every state but that of being there. */
export const notThere = async (): Promise<string[]> => [
  crypto.randomUUID(),
  await awaited("expected"),
  await awaited("live"),
  await awaited("overdue"),
  await failed(),
  await deleted(),
];
