import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { RequestId } from "../../../src/deepgram/request-id.ts";
import { storeCallback } from "../../../src/store/callbacks.ts";
import { errorBody } from "../../support/bodies/errors.ts";
import { type Channels, channels, EMAIL, PHONE } from "../../support/channels.ts";
import { consume } from "../../support/consume.ts";
import { deliver, transcript } from "../../support/deliver.ts";
import { faulty, recordingQueue } from "../../support/faulty.ts";
import { get, OPERATOR } from "../../support/get.ts";
import { statusOf } from "../../support/jobs.ts";
import { workOff } from "../../support/work-off.ts";

let world: Channels;
let own: Partial<Env>;

const NOTIFY = [
  { channel: "webhook", to: "crm" },
  { channel: "email", to: EMAIL },
  { channel: "sms", to: PHONE },
];

beforeEach(() => {
  world = channels();
  own = { ...world.env, FOLLOW_UPS: JSON.stringify({ translate: ["es"], notify: NOTIFY }) };
});

afterEach(() => {
  vi.useRealTimers();
});

const work = (id: string) => workOff([{ type: "callback", request_id: id }], own);

const bytesOf = (text: string) => new TextEncoder().encode(text);

async function digestOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(digest).toHex();
}

const promote = async (id: string, body: string) => {
  const response = await get(`/v1/transcripts/${id}/versions/${await digestOf(body)}/promote`, {
    method: "POST",
    headers: { authorization: OPERATOR },
  });
  expect(response.status).toBe(200);
};

type Notification = {
  type: string;
  data: { sha256: string; replaced?: string; language?: string };
};

async function notified(): Promise<Notification[]> {
  const { requests } = await world.webhook.state();
  return requests.map(({ body }) => JSON.parse(body));
}

const notifiedTypes = async () => (await notified()).map(({ type }) => type).sort();

async function followUps(id: string): Promise<Record<string, string>> {
  const { follow_ups } = await statusOf(id);
  const all = follow_ups as { name: string; state: string }[];
  return Object.fromEntries(all.map(({ name, state }) => [name, state]));
}

const messages = async () => ({
  emails: (await world.resend.state()).emails.length,
  texts: (await world.twilio.state()).messages.length,
});

it("a transcript after a failure is owed all that a transcript is, and unsent news of the failure is cancelled", async () => {
  const { id, body } = transcript({ words: 6 });
  await deliver(errorBody("category", id));
  await deliver(body);
  // The failure is not in the ledger yet: nobody is notified of it.
  await work(id);
  expect(await notifiedTypes()).toEqual(["transcript.received", "translation.completed"]);
  expect(await messages()).toEqual({ emails: 1, texts: 1 });
});

it("what was queued of the failure is cancelled, what was sent of it is followed by the transcript", async () => {
  const { id, body } = transcript({ words: 6 });
  await deliver(errorBody("category", id));
  await world.resend.fail({ status: 503 });
  const callback = { type: "callback", request_id: id };
  let isReplaced = false;
  await workOff([callback], own, async (waiting) => {
    const isNotified = (await notified()).length > 0;
    if (isNotified && !isReplaced) {
      isReplaced = true;
      await deliver(body);
      return [...waiting, { body: callback, attempts: 1, dueAt: 0 }];
    }
    return waiting;
  });
  expect(isReplaced).toBe(true);
  expect(await notifiedTypes()).toEqual([
    "transcript.failed",
    "transcript.received",
    "translation.completed",
  ]);
  const states = await followUps(id);
  expect(states[`email:${EMAIL}:transcript.failed`]).toBe("cancelled");
  expect(states[`email:${EMAIL}:transcript.received`]).toBe("done");
  const { emails } = await world.resend.state();
  expect(emails).toHaveLength(1);
});

it("everyone notified of the failure on request is notified of the transcript", async () => {
  const { id, body } = transcript({ words: 6 });
  own.FOLLOW_UPS = "{}";
  await deliver(errorBody("category", id));
  const asked = await get(`/v1/transcripts/${id}/follow-ups`, {
    method: "POST",
    headers: { authorization: OPERATOR },
    env: own,
    body: JSON.stringify({ notify: [{ channel: "webhook", to: "crm" }] }),
  });
  expect(asked.status).toBe(202);
  await workOff([{ type: "follow-ups", request_id: id }], own);
  await deliver(body);
  await work(id);
  expect(await notifiedTypes()).toEqual(["transcript.failed", "transcript.received"]);
});

it("a transcript in the place of another: webhooks hear of it once, people are not written to again", async () => {
  const { id, body } = transcript({ words: 6 });
  const other = transcript({ requestId: id, seed: 2, words: 6 }).body;
  for (const each of [body, other]) await deliver(each);
  await work(id);
  expect(await messages()).toEqual({ emails: 1, texts: 1 });
  await promote(id, other);
  await work(id);
  await work(id);
  const updates = (await notified()).filter(({ type }) => type === "transcript.updated");
  expect(updates).toMatchObject([
    {
      data: {
        request_id: id,
        state: "received",
        sha256: await digestOf(other),
        replaced: await digestOf(body),
      },
    },
  ]);
  expect(await messages()).toEqual({ emails: 1, texts: 1 });
  // Back again is another update.
  await promote(id, body);
  await work(id);
  expect((await notifiedTypes()).filter((type) => type === "transcript.updated")).toHaveLength(2);
});

it("has one webhook-id for every attempt of an update, and another one for the next update", async () => {
  const { id, body } = transcript({ words: 6 });
  const other = transcript({ requestId: id, seed: 2, words: 6 }).body;
  for (const each of [body, other]) await deliver(each);
  await work(id);
  await promote(id, other);
  await world.webhook.fail({ status: 503 });
  await work(id);
  await promote(id, body);
  await work(id);
  const { requests } = await world.webhook.state();
  const ids = requests
    .filter(({ body: sent }) => JSON.parse(sent).type === "transcript.updated")
    .map(({ headers }) => headers["webhook-id"]);
  expect(ids).toHaveLength(3);
  expect(new Set(ids).size).toBe(2);
});

it("the translation is made anew, and the one before is not given for the new body", async () => {
  const { id, body } = transcript({ words: 6 });
  const other = transcript({ requestId: id, seed: 2, words: 9 }).body;
  for (const each of [body, other]) await deliver(each);
  await work(id);
  const read = () => get(`/v1/transcripts/${id}/translations/es.txt`);
  const before = await (await read()).text();
  await promote(id, other);
  const between = await read();
  expect(between.status).toBe(202);
  expect(await between.json()).toMatchObject({ name: "translate:es", state: "queued" });
  await work(id);
  const after = await (await read()).text();
  expect(after).not.toBe(before);
  const { translations } = await world.libretranslate.state();
  const paid = translations.length;
  const completed = (await notified()).filter(({ type }) => type === "translation.completed");
  expect(completed.map(({ data }) => data.sha256)).toEqual([
    await digestOf(body),
    await digestOf(other),
  ]);
  // Of a body that was current before, it is there already.
  await promote(id, body);
  await work(id);
  expect(await (await read()).text()).toBe(before);
  expect((await world.libretranslate.state()).translations).toHaveLength(paid);
});

it("a translation is made again when its body was promoted while it was removed as an earlier document", async () => {
  const { id } = transcript();
  const storeDocument = async (messages: number) => {
    const text = transcript({ requestId: id, words: 6 * messages }).body;
    const sha256 = await digestOf(text);
    const receivedAt = new Date().toISOString();
    const stream = { owner: "one", startedAt: 1, messages };
    const requestId = id as RequestId;
    const record = {
      requestId,
      state: "received",
      receivedAt,
      sha256,
      facts: null,
      stream,
    } as const;
    await storeCallback(env.TRANSCRIPTS, record, { held: bytesOf(text) });
    return text;
  };
  const first = await storeDocument(1);
  const sha256 = await digestOf(first);
  await work(id);
  const read = () => get(`/v1/transcripts/${id}/translations/es.txt`);
  const before = await (await read()).text();
  for (const messages of [2, 3]) await storeDocument(messages);
  let isPromoted = false;
  const TRANSCRIPTS = faulty(env.TRANSCRIPTS, {
    delete: async (keys: string[]) => {
      if (keys.some((key) => key.includes(sha256)) && !isPromoted) {
        isPromoted = true;
        await promote(id, first);
        await work(id);
        expect(await (await read()).text()).toBe(before);
      }
      return env.TRANSCRIPTS.delete(keys);
    },
  });
  const callback = { type: "callback", request_id: id };
  const { retried } = await consume([callback], { ...own, TRANSCRIPTS });
  expect(isPromoted).toBe(true);
  expect(retried).toHaveLength(1);
  await work(id);
  expect(await statusOf(id)).toMatchObject({ sha256 });
  expect(await (await read()).text()).toBe(before);
});

it("a translation that a promotion overtakes is made of the new body", async () => {
  const { id, body } = transcript({ words: 6 });
  const other = transcript({ requestId: id, seed: 2, words: 9 }).body;
  own.FOLLOW_UPS = '{"translate":["es"]}';
  for (const each of [body, other]) await deliver(each);
  let isPromoted = false;
  const put = async (key: string, ...rest: [never]) => {
    if (key.includes("/translations/") && !isPromoted) {
      isPromoted = true;
      await promote(id, other);
    }
    return env.TRANSCRIPTS.put(key, ...rest);
  };
  own.TRANSCRIPTS = faulty(env.TRANSCRIPTS, { put });
  await work(id);
  expect(isPromoted).toBe(true);
  const lines = await (await get(`/v1/transcripts/${id}/translations/es.jsonl`)).text();
  const originals = await (await get(`/v1/transcripts/${id}.jsonl`)).text();
  const spans = (text: string) =>
    text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).end);
  expect(spans(lines)).toEqual(spans(originals));
});

it("a failure promoted over a transcript cancels what is unsent, and the transcript has it back", async () => {
  const { id, body } = transcript({ words: 6 });
  const failure = errorBody("category", id);
  own.FOLLOW_UPS = JSON.stringify({ notify: NOTIFY.slice(0, 2) });
  for (const each of [failure, body]) await deliver(each);
  await world.webhook.fail({ status: 503 });
  const callback = { type: "callback", request_id: id };
  await workOff([callback], own, async (waiting) => {
    const { state } = await statusOf(id);
    const isTried = (await notified()).length > 0;
    if (!isTried || state === "failed") return waiting;
    await promote(id, failure);
    return [...waiting, { body: callback, attempts: 1, dueAt: 0 }];
  });
  expect((await followUps(id))["webhook:crm:transcript.received"]).toBe("cancelled");
  expect(await notifiedTypes()).toContain("transcript.updated");
  await promote(id, body);
  await work(id);
  expect((await followUps(id))["webhook:crm:transcript.received"]).toBe("done");
});

it("an operator has people notified again, for several requests at once", async () => {
  const made = [1, 2].map((seed) => transcript({ words: 6, seed }));
  own.FOLLOW_UPS = JSON.stringify({ notify: NOTIFY });
  for (const { id, body } of made) {
    await deliver(errorBody("category", id));
    await deliver(body);
    await work(id);
  }
  const { queue, sent } = recordingQueue();
  const ask = async (dry_run: boolean) => {
    const response = await get("/v1/follow-ups/retry", {
      method: "POST",
      headers: { authorization: OPERATOR },
      body: JSON.stringify({
        request_ids: [...made.map(({ id }) => id), crypto.randomUUID()],
        channels: ["email", "sms"],
        dry_run,
      }),
      env: { ...own, FOLLOW_UP_QUEUE: queue },
    });
    expect(response.status).toBe(200);
    return response.json();
  };
  expect(await ask(true)).toMatchObject({ count: 4 });
  expect(sent).toEqual([]);
  expect(await ask(false)).toMatchObject({ count: 4, dry_run: false });
  await workOff(sent, own);
  expect(await messages()).toEqual({ emails: 4, texts: 4 });
  expect(await notifiedTypes()).toEqual(["transcript.received", "transcript.received"]);
});
