import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { RequestId } from "../../../src/deepgram/request-id.ts";
import { claimEffect } from "../../../src/store/effect-claims.ts";
import { writeTombstone } from "../../../src/store/erase.ts";
import { consume } from "../../support/consume.ts";
import { deliver, send, storedKeys, transcript } from "../../support/deliver.ts";
import { faulty, recordingQueue, refuses } from "../../support/faulty.ts";
import { asOperator, OPERATOR } from "../../support/get.ts";
import {
  callback,
  failNext,
  followUpsOf,
  forgetDeliveries,
  NOTIFY,
  planned,
  sentFor,
  wake,
} from "../../support/webhook-work.ts";
import { later } from "../../support/work-off.ts";

afterEach(() => {
  vi.useRealTimers();
});

beforeEach(async () => {
  await forgetDeliveries();
});

/** The messages that a callback has sent, each with its delay in seconds. */
async function delaysFor(id: string): Promise<[unknown, number][]> {
  const sent: [unknown, number][] = [];
  const sendBatch = async (messages: MessageSendRequest[]) => {
    for (const { body, delaySeconds = 0 } of messages) sent.push([body, delaySeconds]);
  };
  const FOLLOW_UP_QUEUE = faulty(env.FOLLOW_UP_QUEUE, { sendBatch } as object);
  await consume([callback(id)], { ...NOTIFY, FOLLOW_UP_QUEUE });
  return sent;
}

const rows = async () =>
  (await env.CATALOGUE.prepare("SELECT * FROM transcripts ORDER BY request_id").all()).results;

describe("the message of a callback", () => {
  it("writes the catalogue row", async () => {
    const { id, body } = transcript({ tags: ["a"], model: "nova-3" });
    await planned(body, id);
    expect(await rows()).toMatchObject([
      { request_id: id, state: "received", bytes: body.length, channels: 1, tags: '["a"]' },
    ]);
  });

  it("that comes many times changes nothing more", async () => {
    const { id, body } = transcript();
    await deliver(body);
    await consume(Array(10).fill(callback(id)));
    const before = await rows();
    await consume([callback(id)]);
    expect(await rows()).toEqual(before);
    expect(before).toHaveLength(1);
  });

  it("plans one effect, which the status shows as queued, and sends its message", async () => {
    const { id, body } = transcript();
    const sent = await planned(body, id);
    const effect = { channel: "webhook", to: "crm", event: "transcript.received" };
    expect(sent).toEqual([{ type: "effect", request_id: id, effect, generation: 0 }]);
    expect(await followUpsOf(id)).toEqual([
      {
        name: "webhook:crm:transcript.received",
        state: "queued",
        attempts: 0,
        last_error: null,
        updated_at: expect.any(String),
      },
    ]);
  });

  it("plans what the request's extra asks for", async () => {
    const { id, body } = transcript({ extra: { notify_webhook: "crm" } });
    const sent = await planned(body, id, { ...NOTIFY, FOLLOW_UPS: "{}" });
    expect(sent).toHaveLength(1);
  });

  it("sends the effect again when the run before died between the ledger and the queue", async () => {
    const { id, body } = transcript();
    await deliver(body);
    const FOLLOW_UP_QUEUE = faulty(env.FOLLOW_UP_QUEUE, { sendBatch: refuses("overloaded") });
    const died = await consume([callback(id)], { ...NOTIFY, FOLLOW_UP_QUEUE }, { attempts: 2 });
    expect(died).toMatchObject({ acked: [], retried: [{ id: "m0" }] });
    const { queue, sent } = recordingQueue();
    await consume([callback(id)], { ...NOTIFY, FOLLOW_UP_QUEUE: queue });
    expect(sent).toHaveLength(1);
  });

  it("sends the effect again, for after its lease, when who was at it died and its message was lost", async () => {
    const { id, body } = transcript();
    const [work] = await planned(body, id);
    const wanted = {
      name: "webhook:crm:transcript.received",
      generation: 0,
      repeatableForMs: Number.POSITIVE_INFINITY,
    };
    await claimEffect(env.TRANSCRIPTS, id as RequestId, wanted, Date.now());
    expect(await delaysFor(id)).toEqual([[work, expect.closeTo(240, -1)]]);
    later(241);
    expect(await delaysFor(id)).toEqual([[work, 0]]);
  });

  it("sends an effect again that is to be retried, for when it is time", async () => {
    const { id, body } = transcript();
    const [work] = await planned(body, id);
    await failNext({ status: 500 });
    await consume([work], NOTIFY);
    expect(await followUpsOf(id)).toMatchObject([{ state: "retrying" }]);
    expect(await delaysFor(id)).toEqual([[work, expect.closeTo(8, -1)]]);
    later(11);
    expect(await delaysFor(id)).toEqual([[work, 0]]);
    await consume([work], NOTIFY);
    expect(await sentFor(id)).toEqual([]);
  });

  it("sends nothing that only a client asked for; asking again does", async () => {
    const { id, body } = transcript();
    const nothing = { ...NOTIFY, FOLLOW_UPS: "{}" };
    expect(await planned(body, id, nothing)).toEqual([]);
    const ask = async () => {
      const { queue, sent } = recordingQueue();
      const request = new Request(`https://edge.test/v1/transcripts/${id}/follow-ups`, {
        method: "POST",
        headers: { authorization: OPERATOR },
        body: NOTIFY.FOLLOW_UPS,
      });
      expect((await send(request, { ...nothing, FOLLOW_UP_QUEUE: queue })).status).toBe(202);
      await consume(sent.splice(0), { ...nothing, FOLLOW_UP_QUEUE: queue });
      return sent;
    };
    const [work] = await ask();
    expect(work).toMatchObject({ type: "effect", request_id: id });
    const { queue, sent } = recordingQueue();
    await consume([callback(id)], { ...nothing, FOLLOW_UP_QUEUE: queue });
    expect(sent).toEqual([]);
    expect(await ask()).toEqual([work]);
  });

  it("sends no more at once than a queue takes", async () => {
    const { id, body } = transcript();
    await deliver(body);
    const notify = Array.from({ length: 101 }, (_, index) => ({
      channel: "webhook",
      to: `e${index}`,
    }));
    const sizes: number[] = [];
    const sendBatch = async (messages: unknown[]) => void sizes.push(messages.length);
    const FOLLOW_UP_QUEUE = faulty(env.FOLLOW_UP_QUEUE, { sendBatch });
    const replaced = { FOLLOW_UPS: JSON.stringify({ notify }), FOLLOW_UP_QUEUE };
    await consume([callback(id)], replaced, { attempts: 2 });
    expect(sizes).toEqual([100, 1]);
  });

  it("is retried with back-off when D1 is away, and the effects go out all the same", async () => {
    const { id, body } = transcript();
    await deliver(body);
    const { queue, sent } = recordingQueue();
    const CATALOGUE = faulty(env.CATALOGUE, { batch: refuses("D1_ERROR: Network lost") });
    const replaced = { ...NOTIFY, CATALOGUE, FOLLOW_UP_QUEUE: queue };
    const { acked, retried } = await consume([callback(id)], replaced, { attempts: 3 });
    expect(acked).toEqual([]);
    expect(retried[0]?.delaySeconds).toBeGreaterThanOrEqual(20);
    expect(retried[0]?.delaySeconds).toBeLessThanOrEqual(40);
    expect(sent).toHaveLength(1);
  });

  it("is settled by itself: one that fails does not bring the others back", async () => {
    const [good, bad] = [transcript(), transcript()];
    await deliver(good.body);
    await deliver(bad.body);
    const get = (key: string) =>
      key.includes(bad.id) ? Promise.reject(new Error("internal error")) : env.TRANSCRIPTS.get(key);
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, { get } as object);
    const messages = [callback(bad.id), callback(good.id), "no message"];
    const { acked, retried } = await consume(messages, { TRANSCRIPTS });
    expect(acked).toEqual(["m1", "m2"]);
    expect(await (await env.TRANSCRIPTS.get("dead-letters/stray/m2"))?.json()).toMatchObject({
      message: "no message",
    });
    expect(retried.map(({ id }) => id)).toEqual(["m0"]);
    expect(await rows()).toHaveLength(1);
  });

  it("is worked off one after another, so that large ones do not meet in memory", async () => {
    const ids = [transcript(), transcript(), transcript()].map(({ id }) => id);
    let [atWork, most] = [0, 0];
    const get = async (key: string) => {
      most = Math.max(most, ++atWork);
      await scheduler.wait(5);
      atWork--;
      return env.TRANSCRIPTS.get(key);
    };
    await consume(ids.map(callback), { TRANSCRIPTS: faulty(env.TRANSCRIPTS, { get } as object) });
    expect(most).toBe(1);
  });

  it("whose row the catalogue refuses does not hold up the others", async () => {
    const [good, bad] = [transcript(), transcript({ tags: ["refused"] })];
    await deliver(good.body);
    await deliver(bad.body);
    const bound = (statement: D1PreparedStatement) => JSON.stringify(statement);
    const batch = (statements: D1PreparedStatement[]) =>
      statements.some((statement) => bound(statement).includes("refused"))
        ? Promise.reject(new Error("D1_ERROR: constraint failed"))
        : env.CATALOGUE.batch(statements);
    const CATALOGUE = faulty(env.CATALOGUE, { batch });
    const { acked, retried } = await consume([callback(bad.id), callback(good.id)], { CATALOGUE });
    expect(acked).toEqual(["m1"]);
    expect(retried.map(({ id }) => id)).toEqual(["m0"]);
    expect(await rows()).toMatchObject([{ request_id: good.id }]);
  });

  it.each([1.5, 1e300, -1, "2"])(
    "with the channels %j writes a row all the same",
    async (channels) => {
      const id = crypto.randomUUID();
      await planned(JSON.stringify({ metadata: { request_id: id, channels }, results: {} }), id);
      expect(await rows()).toMatchObject([{ request_id: id, channels: null }]);
    },
  );

  it("of a transcript deleted since erases what is left of it", async () => {
    const { id, body } = transcript();
    await planned(body, id);
    await asOperator(`/v1/transcripts/${id}`, "DELETE");
    await env.TRANSCRIPTS.put(
      `beside/${id}/effects/late`,
      "written by a consumer that was at work",
    );
    await consume([callback(id)], NOTIFY);
    expect(await storedKeys()).toEqual([`callbacks/${id}`]);
    expect(await rows()).toEqual([]);
  });

  it("of a transcript deleted since tells the catalogue when that was", async () => {
    const { id, body } = transcript();
    await planned(body, id);
    const deletedAt = "2026-11-02T00:00:00.000Z";
    await writeTombstone(env.TRANSCRIPTS, id as RequestId, deletedAt, null);
    await consume([callback(id)], NOTIFY);
    const marks = await env.CATALOGUE.prepare("SELECT * FROM deletions").all();
    expect(marks.results).toEqual([{ request_id: id, deleted_at: deletedAt }]);
  });
});

describe("a batch that has taken nearly all the time there is", () => {
  const BATCH_SECONDS = 840;

  /** Works off a transcript that takes so many seconds, and others in the same batch. */
  async function consumeAfter(seconds: number, others: unknown[]) {
    const { id, body } = transcript();
    await deliver(body);
    const asked: string[] = [];
    const get = (key: string) => {
      if (key === `callbacks/${id}` && asked.length === 0) later(seconds);
      asked.push(key);
      return env.TRANSCRIPTS.get(key);
    };
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, { get } as object);
    const settled = await consume([callback(id), ...others], { ...NOTIFY, TRANSCRIPTS });
    return { settled, asked };
  }

  it("does not wait for one of its messages longer than that", async () => {
    const { id, body } = transcript();
    const [work] = await planned(body, id);
    await failNext({ status: 204, hangMs: 5_000 });
    const { settled } = await consumeAfter(BATCH_SECONDS - 2, [work]);
    expect(settled.retried.map(({ id }) => id)).toContain("m1");
  });

  it("does not begin what comes after it", async () => {
    const { id, body } = transcript();
    await deliver(body);
    const { settled, asked } = await consumeAfter(BATCH_SECONDS, [callback(id)]);
    expect(settled.retried.map(({ id }) => id)).toContain("m1");
    expect(asked.filter((key) => key.includes(id))).toEqual([]);
  });
});

describe("the message that wakes follow-ups", () => {
  it("sends what is queued", async () => {
    const { id, body } = transcript();
    const [work] = await planned(body, id);
    expect(await sentFor(id, wake(id))).toEqual([work]);
  });

  it("leaves what has been tried to its own message, since one comes for every translation", async () => {
    const { id, body } = transcript();
    const [work] = await planned(body, id);
    await failNext({ status: 500 });
    await consume([work], NOTIFY);
    later(11);
    expect(await sentFor(id, wake(id))).toEqual([]);
    expect(await sentFor(id)).toEqual([work]);
    const wanted = {
      name: "webhook:crm:transcript.received",
      generation: 0,
      repeatableForMs: Number.POSITIVE_INFINITY,
    };
    await claimEffect(env.TRANSCRIPTS, id as RequestId, wanted, Date.now());
    later(241);
    expect(await sentFor(id, wake(id))).toEqual([]);
    expect(await sentFor(id)).toEqual([work]);
  });
});
