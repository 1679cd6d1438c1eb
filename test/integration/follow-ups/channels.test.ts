import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { parseRequestId, type RequestId } from "../../../src/deepgram/request-id.ts";
import { MAX_HELD_BYTES } from "../../../src/lib/held-bytes.ts";
import { claimEffect, openEntry } from "../../../src/store/effect-claims.ts";
import { errorBody } from "../../support/bodies/errors.ts";
import { channels, EMAIL, PHONE } from "../../support/channels.ts";
import { consume, DEAD_LETTERS } from "../../support/consume.ts";
import { deliver, transcript } from "../../support/deliver.ts";
import { faulty, recordingQueue, refuses } from "../../support/faulty.ts";
import { get } from "../../support/get.ts";
import { later, twice, workOff } from "../../support/work-off.ts";

const EXTRA = { translate: "es", notify_webhook: "crm", notify_email: EMAIL, notify_sms: PHONE };

const callback = (id: string) => ({ type: "callback", request_id: id });

async function statesOf(id: string): Promise<Record<string, string>> {
  const response = await get(`/v1/transcripts/${id}/status`);
  const { follow_ups } = await response.json<{ follow_ups: { name: string; state: string }[] }>();
  return Object.fromEntries(follow_ups.map(({ name, state }) => [name, state]));
}

afterEach(() => {
  vi.useRealTimers();
});

it("one callback is translated, mailed, texted and sent to its webhook, each once", async () => {
  const world = channels();
  const { id, body } = transcript({ words: 80, utterances: true, diarize: true, extra: EXTRA });
  await deliver(body, { env: world.env });
  await workOff([callback(id)], world.env, twice());
  expect(await statesOf(id)).toEqual({
    "translate:es": "done",
    "webhook:crm:transcript.received": "done",
    "webhook:crm:translation.completed:es": "done",
    [`email:${EMAIL}:transcript.received`]: "done",
    [`sms:${PHONE}:transcript.received`]: "done",
  });
  const notified = (await world.webhook.state()).requests.map(({ body: sent }) => JSON.parse(sent));
  expect(notified.map(({ type }) => type).sort()).toEqual([
    "transcript.received",
    "translation.completed",
  ]);
  expect(notified.find(({ type }) => type === "translation.completed").data).toMatchObject({
    request_id: id,
    language: "es",
    url: `https://edge.test/v1/transcripts/${id}/translations/es`,
  });
  const { emails } = await world.resend.state();
  expect(emails).toMatchObject([{ to: [EMAIL], subject: expect.stringContaining("Transcript") }]);
  expect(emails[0]?.text).toContain(`https://edge.test/transcripts/${id}`);
  const { messages } = await world.twilio.state();
  expect(messages).toMatchObject([{ to: PHONE, segments: 1 }]);
  expect(messages[0]?.body).toContain(`https://edge.test/transcripts/${id}`);
});

it("a failure is sent by every channel, and not translated", async () => {
  const world = channels();
  const id = crypto.randomUUID();
  const notify = [
    { channel: "webhook", to: "crm" },
    { channel: "email", to: EMAIL },
    { channel: "sms", to: PHONE, when: "complete" },
  ];
  const replaced = { ...world.env, FOLLOW_UPS: JSON.stringify({ translate: ["es"], notify }) };
  await deliver(errorBody("category", id), { env: replaced });
  await workOff([callback(id)], replaced);
  expect(await statesOf(id)).toEqual({
    "webhook:crm:transcript.failed": "done",
    [`email:${EMAIL}:transcript.failed`]: "done",
    [`sms:${PHONE}:transcript.failed`]: "done",
  });
  expect((await world.resend.state()).emails[0]?.subject).toContain("failed");
  expect((await world.libretranslate.state()).translations).toEqual([]);
});

it.each([200, 403])('"when":"complete" waits for the translations to end (%i)', async (status) => {
  const world = channels();
  const notify = [
    { channel: "email", to: EMAIL, when: "complete" },
    { channel: "sms", to: PHONE },
  ];
  const FOLLOW_UPS = JSON.stringify({ translate: ["es"], notify });
  const replaced = { ...world.env, FOLLOW_UPS };
  const { id, body } = transcript({ words: 40 });
  await deliver(body, { env: replaced });
  await world.libretranslate.fail({ times: 1, status: 503 });
  if (status === 403) await world.libretranslate.fail({ times: 9, status });
  const order: string[] = [];
  const watch = async () => {
    const states = await statesOf(id);
    order.push(`${states["translate:es"]} ${states[`email:${EMAIL}:transcript.received`]}`);
  };
  await workOff([callback(id)], replaced, async (waiting) => {
    await watch();
    return waiting;
  });
  expect(order.some((both) => both === "retrying queued")).toBe(true);
  expect(await statesOf(id)).toMatchObject({
    "translate:es": status === 200 ? "done" : "failed",
    [`email:${EMAIL}:transcript.received`]: "done",
    [`sms:${PHONE}:transcript.received`]: "done",
  });
  expect((await world.resend.state()).emails).toHaveLength(1);
});

it("what waits for a translation is sent also when who ended that died before telling", async () => {
  const world = channels();
  const notify = [{ channel: "email", to: EMAIL, when: "complete" }];
  const replaced = { ...world.env, FOLLOW_UPS: JSON.stringify({ translate: ["es"], notify }) };
  const { id, body } = transcript();
  await deliver(body, { env: replaced });
  const { queue, sent } = recordingQueue();
  await consume([callback(id)], { ...replaced, FOLLOW_UP_QUEUE: queue });
  const FOLLOW_UP_QUEUE = faulty(queue, { send: refuses("the isolate is gone") });
  const died = await consume(sent, { ...replaced, FOLLOW_UP_QUEUE });
  expect(died.retried).toHaveLength(1);
  expect(await statesOf(id)).toMatchObject({ "translate:es": "done" });
  await workOff(sent, replaced);
  expect(await statesOf(id)).toMatchObject({ [`email:${EMAIL}:transcript.received`]: "done" });
});

it("what waits for a translation that the queue gave up is sent all the same", async () => {
  const world = channels();
  const notify = [{ channel: "email", to: EMAIL, when: "complete" }];
  const replaced = { ...world.env, FOLLOW_UPS: JSON.stringify({ translate: ["es"], notify }) };
  const { id, body } = transcript();
  await deliver(body, { env: replaced });
  await world.libretranslate.fail({ times: 99, status: 503 });
  await workOff([callback(id)], replaced);
  expect(await statesOf(id)).toEqual({
    "translate:es": "dead",
    [`email:${EMAIL}:transcript.received`]: "done",
  });
});

it("a large transcript is translated also when that is asked for before its own message comes", async () => {
  const world = channels();
  const { id, body } = transcript();
  await deliver(body + " ".repeat(MAX_HELD_BYTES), { env: world.env });
  const effect = { channel: "translate", to: "es" } as const;
  await openEntry(env.TRANSCRIPTS, parseRequestId(id) as RequestId, effect, Date.now());
  await workOff([{ type: "follow-ups", request_id: id }], world.env);
  expect(await statesOf(id)).toEqual({ "translate:es": "done" });
  expect((await get(`/v1/transcripts/${id}/translations/es.txt`)).status).toBe(200);
});

it.each([
  ["a text message", { notify_sms: PHONE }, `sms:${PHONE}:transcript.received`],
  ["an e-mail that has no key", { notify_email: EMAIL }, `email:${EMAIL}:transcript.received`],
])("%s whose sender died is uncertain, and not sent again on a guess", async (_, extra, name) => {
  const world = channels();
  const mailed: unknown[] = [];
  const binding = { send: async (message: unknown) => void mailed.push(message) };
  const replaced = { ...world.env, EMAIL_PROVIDER: "cloudflare", EMAIL: binding as never };
  const { id, body } = transcript({ extra });
  await deliver(body, { env: replaced });
  const { queue, sent } = recordingQueue();
  await consume([callback(id)], { ...replaced, FOLLOW_UP_QUEUE: queue }, { attempts: 2 });
  const work = { name, generation: 0, repeatableForMs: 0 };
  await claimEffect(env.TRANSCRIPTS, parseRequestId(id) as RequestId, work, Date.now());
  later(250);
  expect(await consume(sent, replaced)).toEqual({ acked: ["m0"], retried: [] });
  expect(await statesOf(id)).toEqual({ [name]: "uncertain" });
  expect(await env.TRANSCRIPTS.head(`dead-letters/${id}/${name}`)).not.toBeNull();
  expect([mailed, (await world.twilio.state()).messages]).toEqual([[], []]);
});

describe("an e-mail that Resend may have taken, unheard", () => {
  const name = `email:${EMAIL}:transcript.received`;

  /** Its message, after the attempt whose answer was lost. */
  async function unheard() {
    const world = channels();
    const { id, body } = transcript({ extra: { notify_email: EMAIL } });
    await deliver(body, { env: world.env });
    const { queue, sent } = recordingQueue();
    await consume([callback(id)], { ...world.env, FOLLOW_UP_QUEUE: queue }, { attempts: 2 });
    await world.resend.fail({ drop: "after" });
    expect((await consume(sent, world.env)).retried).toHaveLength(1);
    const sendings = async () => (await world.resend.state()).emails.length;
    expect([await statesOf(id), await sendings()]).toEqual([{ [name]: "retrying" }, 1]);
    return { world, id, sent, sendings };
  }

  it("is sent again within a day, under the key that Resend knows", async () => {
    const { world, id, sent, sendings } = await unheard();
    later(22 * 3_600);
    await consume(sent, world.env);
    expect([await statesOf(id), await sendings()]).toEqual([{ [name]: "done" }, 1]);
  });

  it("is uncertain when Resend has forgotten the key", async () => {
    const { world, id, sent } = await unheard();
    await world.resend.fail({ status: 500 });
    later(3_600);
    expect((await consume(sent, world.env)).retried).toHaveLength(1);
    later(23 * 3_600);
    expect((await consume(sent, world.env)).acked).toEqual(["m0"]);
    expect(await statesOf(id)).toEqual({ [name]: "uncertain" });
  });

  it("is dead-lettered as uncertain: it may wait for longer than a day", async () => {
    const { world, id, sent } = await unheard();
    later(3_600);
    await consume(sent, world.env, { queue: DEAD_LETTERS });
    expect(await statesOf(id)).toEqual({ [name]: "uncertain" });
  });
});

it("what has been done sends no message again", async () => {
  const world = channels();
  const { id, body } = transcript({ extra: EXTRA });
  await deliver(body, { env: world.env });
  await workOff([callback(id)], world.env);
  const { queue, sent } = recordingQueue();
  const again = [callback(id), { type: "follow-ups", request_id: id }];
  await consume(again, { ...world.env, FOLLOW_UP_QUEUE: queue });
  expect(sent).toEqual([]);
});

it("a text message whose sender died on its last delivery is uncertain", async () => {
  const world = channels();
  const { id, body } = transcript({ extra: { notify_sms: PHONE } });
  await deliver(body, { env: world.env });
  const { queue, sent } = recordingQueue();
  await consume([callback(id)], { ...world.env, FOLLOW_UP_QUEUE: queue }, { attempts: 2 });
  const name = `sms:${PHONE}:transcript.received`;
  const work = { name, generation: 0, repeatableForMs: 0 };
  await claimEffect(env.TRANSCRIPTS, parseRequestId(id) as RequestId, work, Date.now());
  later(250);
  await consume(sent, world.env, { queue: DEAD_LETTERS });
  expect(await statesOf(id)).toEqual({ [name]: "uncertain" });
});

it("what a request asks for and cannot have is shown, and the rest is done", async () => {
  const world = channels();
  const extra = { ...EXTRA, notify_email: "nobody", notify_fax: "1" };
  const { id, body } = transcript({ extra });
  await deliver(body, { env: world.env });
  await workOff([callback(id)], world.env);
  const status = await (await get(`/v1/transcripts/${id}/status`)).json();
  expect(status).toMatchObject({
    follow_up_problems: [
      "extra.notify_fax is not a directive",
      'extra.notify_email: "nobody" is not an e-mail address',
    ],
  });
  expect(Object.values(await statesOf(id))).toEqual(["done", "done", "done", "done"]);
});

it.each([
  ["email", { EMAIL_FROM: "" }, /EMAIL_FROM/],
  ["sms", { SMS_FROM: "" }, /SMS_FROM/],
  ["translate", { LIBRETRANSLATE_URL: "" }, /LIBRETRANSLATE_URL/],
] as const)(
  "%s that is not configured fails at once and says why",
  async (channel, missing, why) => {
    const world = channels();
    const extra =
      channel === "translate"
        ? { translate: "es" }
        : { [`notify_${channel}`]: channel === "sms" ? PHONE : EMAIL };
    const { id, body } = transcript({ extra });
    await deliver(body, { env: world.env });
    await workOff([callback(id)], { ...world.env, ...missing });
    const { follow_ups } = await (await get(`/v1/transcripts/${id}/status`)).json<{
      follow_ups: unknown[];
    }>();
    expect(follow_ups).toMatchObject([
      { state: "failed", attempts: 1, last_error: expect.stringMatching(why) },
    ]);
  },
);

it("the same channels with Cloudflare's own e-mail", async () => {
  const world = channels();
  const sent: unknown[] = [];
  const EMAIL_BINDING = {
    send: async (message: unknown) => {
      sent.push(message);
      return { messageId: "m" };
    },
  };
  const { id, body } = transcript({ extra: { notify_email: EMAIL } });
  const replaced = { ...world.env, EMAIL_PROVIDER: "cloudflare", EMAIL: EMAIL_BINDING as never };
  await deliver(body, { env: replaced });
  await workOff([callback(id)], replaced);
  expect(sent).toMatchObject([{ to: EMAIL, html: expect.stringContaining(id) }]);
  expect(Object.values(await statesOf(id))).toEqual(["done"]);
});

it("410 disables an endpoint: later transcripts do not knock, until a person asks and it opens", async () => {
  const world = channels();
  const first = transcript({ extra: { notify_webhook: "crm" } });
  const second = transcript({ extra: { notify_webhook: "crm" } });
  for (const { body } of [first, second]) await deliver(body, { env: world.env });
  await world.webhook.fail({ status: 410 });
  await workOff([callback(first.id)], world.env);
  await workOff([callback(second.id)], world.env);
  expect((await world.webhook.state()).requests).toHaveLength(1);
  for (const { id } of [first, second]) {
    const response = await get(`/v1/transcripts/${id}/status`);
    expect(await response.json()).toMatchObject({
      follow_ups: [{ state: "failed", last_error: expect.stringMatching(/410 .*disabled/) }],
    });
  }
  const { keys } = await env.SETTINGS.list({ prefix: "disabled-endpoints/" });
  expect(keys).toHaveLength(1);
  const name = "webhook:crm:transcript.received";
  const work = {
    type: "effect",
    request_id: second.id,
    effect: { channel: "webhook", to: "crm", event: "transcript.received" },
    generation: 1,
  };
  const retried = await get(`/v1/transcripts/${second.id}/follow-ups/${name}/retry`, {
    method: "POST",
    headers: { authorization: "Bearer admin-token" },
    env: world.env,
  });
  expect(retried.status).toBe(202);
  await workOff([work], world.env);
  expect(await statesOf(second.id)).toEqual({ [name]: "done" });
  expect((await env.SETTINGS.list({ prefix: "disabled-endpoints/" })).keys).toEqual([]);
});

it("an endpoint with another URL is another endpoint", async () => {
  const world = channels();
  const [first, second] = [transcript(), transcript()].map(({ id }) =>
    transcript({ requestId: id, extra: { notify_webhook: "crm" } }),
  );
  for (const each of [first, second]) await deliver(each?.body ?? "", { env: world.env });
  await world.webhook.fail({ status: 410 });
  await workOff([callback(first?.id ?? "")], world.env);
  const moved = { WEBHOOK_ENDPOINTS: world.env.WEBHOOK_ENDPOINTS?.replace("/in", "/other") ?? "" };
  await workOff([callback(second?.id ?? "")], { ...world.env, ...moved });
  expect(Object.values(await statesOf(second?.id ?? ""))).toEqual(["done"]);
});

it("waits as long as a provider asks", async () => {
  const world = channels();
  const { id, body } = transcript({ extra: { notify_sms: PHONE } });
  await deliver(body, { env: world.env });
  await world.twilio.fail({ status: 429, headers: { "retry-after": "1800" } });
  const before = Date.now();
  await workOff([callback(id)], world.env);
  expect(Date.now() - before).toBeGreaterThan(1_799_000);
  expect((await world.twilio.state()).messages).toHaveLength(1);
});

it("a text message of which nobody knows is uncertain, and is not sent again by itself", async () => {
  const world = channels();
  const { id, body } = transcript({ extra: { notify_sms: PHONE } });
  await deliver(body, { env: world.env });
  await world.twilio.fail({ drop: "after" });
  await workOff([callback(id)], world.env);
  expect(await statesOf(id)).toEqual({ [`sms:${PHONE}:transcript.received`]: "uncertain" });
  later(86_400);
  await workOff([callback(id)], world.env);
  expect((await world.twilio.state()).messages).toHaveLength(1);
  expect(
    await env.TRANSCRIPTS.head(`dead-letters/${id}/sms:${PHONE}:transcript.received`),
  ).not.toBeNull();
});
