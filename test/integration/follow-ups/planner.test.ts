import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { RequestId } from "../../../src/deepgram/request-id.ts";
import { openEntry, readEntry } from "../../../src/store/effect-claims.ts";
import { consume } from "../../support/consume.ts";
import { deliver, transcript } from "../../support/deliver.ts";
import { faulty, recordingQueue, refuses } from "../../support/faulty.ts";
import {
  callback,
  delivered,
  failNext,
  forgetDeliveries,
  NOTIFY,
} from "../../support/webhook-work.ts";
import { later } from "../../support/work-off.ts";
import { list } from "../catalogue/said.ts";

// The first delivery of a callback's message runs its effects itself.

const NAME = "webhook:crm:transcript.received";
const DONE = [{ done: 1, pending: 0, failed: 0 }];

beforeEach(forgetDeliveries);

afterEach(() => {
  vi.useRealTimers();
});

const counts = async () => (await list()).transcripts.map(({ follow_ups }) => follow_ups);

const entryOf = async (id: string) => readEntry(env.TRANSCRIPTS, id as RequestId, NAME);

async function stored(): Promise<string> {
  const { id, body } = transcript();
  await deliver(body);
  return id;
}

/** The first delivery of a callback's message, and what it sends. */
async function first(id: string, replaced: Partial<Env> = {}) {
  const { queue, sent } = recordingQueue();
  const settled = await consume([callback(id)], { ...NOTIFY, FOLLOW_UP_QUEUE: queue, ...replaced });
  return { ...settled, sent };
}

it("sends a webhook without a message of its own, in two writes of the ledger", async () => {
  const id = await stored();
  const states: (string | undefined)[] = [];
  const put = (key: string, body: string, options: R2PutOptions) => {
    if (key.includes("/effects/")) states.push(options.customMetadata?.state);
    return env.TRANSCRIPTS.put(key, body, options);
  };
  const TRANSCRIPTS = faulty(env.TRANSCRIPTS, { put, list: refuses("list") } as object);
  expect(await first(id, { TRANSCRIPTS })).toEqual({ acked: ["m0"], retried: [], sent: [] });
  expect(states).toEqual(["running", "done"]);
  expect(await delivered()).toHaveLength(1);
  expect(await counts()).toEqual(DONE);
  expect(await entryOf(id)).toMatchObject({
    state: "done",
    attempts: 1,
    history: [{ attempt: 1 }],
  });
});

it("sends it once when several plan it at the same time", async () => {
  const id = await stored();
  await Promise.all(Array.from({ length: 5 }, () => first(id)));
  expect(await delivered()).toHaveLength(1);
});

it("has the next attempt made by a message", async () => {
  const id = await stored();
  await failNext({ status: 500 });
  const { acked, sent } = await first(id);
  expect([acked, await entryOf(id)]).toMatchObject([["m0"], { state: "retrying", attempts: 1 }]);
  expect(sent).toMatchObject([{ type: "effect", request_id: id }]);
  later(20);
  expect((await consume(sent, NOTIFY)).acked).toEqual(["m0"]);
  expect(await entryOf(id)).toMatchObject({ state: "done", attempts: 2 });
  expect(await counts()).toEqual(DONE);
});

it("lists a transcript although its endpoint takes its time, and the end after it", async () => {
  const id = await stored();
  await failNext({ status: 204, hangMs: 2_500 });
  const working = first(id);
  await vi.waitFor(async () => expect(await counts()).toHaveLength(1), { timeout: 2_400 });
  expect((await working).acked).toEqual(["m0"]);
  expect(await counts()).toEqual(DONE);
});

describe("a planner that dies or is not heard", () => {
  it("has its callback come again when the end cannot be recorded, and sends for it after the lease", async () => {
    const id = await stored();
    let puts = 0;
    const put = (key: string, ...rest: [string]) =>
      key.includes("/effects/") && ++puts > 1
        ? refuses("internal error")()
        : env.TRANSCRIPTS.put(key, ...rest);
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, { put } as object);
    const { acked, retried } = await first(id, { TRANSCRIPTS });
    expect([acked, retried.length]).toEqual([[], 1]);
    const { sent } = await first(id);
    expect(sent).toMatchObject([{ type: "effect", request_id: id }]);
    expect(await delivered()).toHaveLength(1);
    later(250);
    await consume(sent, NOTIFY);
    expect(await entryOf(id)).toMatchObject({ state: "done", attempts: 2 });
    const [one, other] = await delivered();
    expect(other?.id).toBe(one?.id);
  });

  it("has it come again when the queue does not take the message of the next attempt", async () => {
    const id = await stored();
    await failNext({ status: 500 });
    const FOLLOW_UP_QUEUE = faulty(env.FOLLOW_UP_QUEUE, { send: refuses("overloaded") });
    expect((await first(id, { FOLLOW_UP_QUEUE })).retried).toHaveLength(1);
    expect((await first(id)).sent).toMatchObject([{ type: "effect", request_id: id }]);
  });

  it("runs what it has claimed although the rest cannot be planned", async () => {
    const id = await stored();
    const notify = ["crm", "other"].map((to) => ({ channel: "webhook", to }));
    const FOLLOW_UPS = JSON.stringify({ notify });
    const put = (key: string, ...rest: [string]) =>
      key.includes("/effects/webhook:other")
        ? refuses("internal error")()
        : env.TRANSCRIPTS.put(key, ...rest);
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, { put } as object);
    expect((await first(id, { FOLLOW_UPS, TRANSCRIPTS })).retried).toHaveLength(1);
    expect(await entryOf(id)).toMatchObject({ state: "done" });
  });

  it("sends nothing when it has lost its claim before that", async () => {
    const id = await stored();
    const head = async (key: string) => {
      if (key.includes("/effects/")) await env.TRANSCRIPTS.delete(key);
      return env.TRANSCRIPTS.head(key);
    };
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, { head });
    expect((await first(id, { TRANSCRIPTS })).retried).toHaveLength(1);
    expect(await delivered()).toEqual([]);
    expect(await entryOf(id)).toBeNull();
  });
});

it("runs no more than three effects of a callback at once; the others have messages", async () => {
  const id = await stored();
  const names = ["a", "b", "c", "d", "e"];
  const { crm } = JSON.parse(NOTIFY.WEBHOOK_ENDPOINTS);
  const { sent } = await first(id, {
    WEBHOOK_ENDPOINTS: JSON.stringify(Object.fromEntries(names.map((name) => [name, crm]))),
    FOLLOW_UPS: JSON.stringify({ notify: names.map((to) => ({ channel: "webhook", to })) }),
  });
  expect(sent).toHaveLength(2);
  expect(await delivered()).toHaveLength(3);
});

it("sends no message for what it runs beside an effect that was there before", async () => {
  const id = await stored();
  const FOLLOW_UPS = JSON.stringify({
    notify: ["other", "crm"].map((to) => ({ channel: "webhook", to })),
  });
  const effect = { channel: "webhook", to: "other", event: "transcript.received" } as const;
  await openEntry(env.TRANSCRIPTS, id as RequestId, effect, Date.now());
  expect((await first(id, { FOLLOW_UPS })).sent).toMatchObject([{ effect: { to: "other" } }]);
  expect(await delivered()).toHaveLength(1);
});

it("names no receiver in the row of the list", async () => {
  const { id, body } = transcript({ extra: { notify_email: "dana@example.com" } });
  await deliver(body);
  await first(id);
  const row = await env.CATALOGUE.prepare("SELECT * FROM transcripts").first();
  expect(JSON.stringify(row)).not.toContain("dana@");
  expect(row?.follow_ups).toMatch(/^\{"[0-9a-f]{8}":"\S+ \d"(,"[0-9a-f]{8}":"\S+ \d")*\}$/);
});
