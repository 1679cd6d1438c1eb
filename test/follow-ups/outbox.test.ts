import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { drainOutbox } from "../../src/follow-ups/outbox.ts";
import { deliver, transcript } from "../support/deliver.ts";
import { faulty, recordingQueue, refuses } from "../support/faulty.ts";
import { get, OPERATOR } from "../support/get.ts";

it("what the queue refused keeps its delay in the outbox", async () => {
  const { id, body } = transcript();
  await deliver(body);
  const refusing = faulty(recordingQueue().queue, { send: refuses("away") });
  const deleted = await get(`/v1/transcripts/${id}`, {
    method: "DELETE",
    headers: { authorization: OPERATOR },
    env: { FOLLOW_UP_QUEUE: refusing },
  });
  expect(deleted.status).toBe(204);
  const delays: (number | undefined)[] = [];
  const FOLLOW_UP_QUEUE = faulty(recordingQueue().queue, {
    sendBatch: async (messages: MessageSendRequest[]) => {
      delays.push(...messages.map(({ delaySeconds }) => delaySeconds));
    },
  });
  await drainOutbox({ TRANSCRIPTS: env.TRANSCRIPTS, FOLLOW_UP_QUEUE });
  expect(delays).toHaveLength(1);
  expect(delays[0]).toBeGreaterThan(100);
  expect(delays[0]).toBeLessThanOrEqual(120);
});
