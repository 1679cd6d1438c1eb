import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { drainOutbox } from "../../../src/queue/messages.ts";
import { deliver, transcript } from "../../support/deliver.ts";
import { faulty, recordingQueue, refuses } from "../../support/faulty.ts";
import { get, OPERATOR } from "../../support/get.ts";

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

const marker = (message: string, due_at: string) =>
  env.TRANSCRIPTS.put(`outbox/${crypto.randomUUID()}`, "", { customMetadata: { message, due_at } });

const drained = async () => {
  const given: MessageSendRequest[] = [];
  const sendBatch = async (messages: MessageSendRequest[]) => void given.push(...messages);
  const FOLLOW_UP_QUEUE = faulty(recordingQueue().queue, { sendBatch });
  await drainOutbox({ TRANSCRIPTS: env.TRANSCRIPTS, FOLLOW_UP_QUEUE });
  return given;
};

it("a marker that cannot be read holds up no other", async () => {
  const work = { type: "callback", request_id: crypto.randomUUID() };
  await marker("{slip", "soon");
  await marker(JSON.stringify(work), new Date().toISOString());
  const bodies = (await drained()).map(({ body }) => body);
  expect(bodies).toHaveLength(2);
  expect(bodies).toContainEqual(work);
  expect((await env.TRANSCRIPTS.list()).objects).toEqual([]);
});

it("what is due later than a queue delays is delayed as long as it can", async () => {
  await marker("{}", new Date(Date.now() + 3 * 86_400_000).toISOString());
  expect(await drained()).toMatchObject([{ delaySeconds: 86_400 }]);
});
