import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { effectName } from "../../../src/config/follow-ups.ts";
import { type Channels, channels } from "../../support/channels.ts";
import { consume } from "../../support/consume.ts";
import { deliver, send, transcript } from "../../support/deliver.ts";
import { recordingQueue } from "../../support/faulty.ts";
import { get, OPERATOR } from "../../support/get.ts";
import { workOff } from "../../support/work-off.ts";

const STRANGER = "victim@example.net";
const PREMIUM = "+19005550123";

let world: Channels;
/** Nobody may be named, as when the Worker was just deployed. */
let closed: Partial<Env>;

beforeEach(() => {
  world = channels();
  closed = { ...world.env, RECIPIENTS: "" };
});

const callback = (id: string) => ({ type: "callback", request_id: id });

async function received(extra: Record<string, string>, replaced: Partial<Env>) {
  const { id, body } = transcript({ extra });
  await deliver(body, { env: replaced });
  await workOff([callback(id)], replaced);
  return id;
}

type Status = {
  follow_ups: { name: string; state: string; last_error: string | null }[];
  follow_up_problems: string[];
};

async function statusOf(id: string, replaced: Partial<Env>): Promise<Status> {
  return (await get(`/v1/transcripts/${id}/status`, { env: replaced })).json<Status>();
}

const namesOf = async (id: string, replaced: Partial<Env>) =>
  (await statusOf(id, replaced)).follow_ups.map(({ name }) => name);

/** All that was sent to people. */
async function sent() {
  const { emails } = await world.resend.state();
  const { messages } = await world.twilio.state();
  return [...emails.flatMap(({ to }) => to), ...messages.map(({ to }) => to)];
}

function ask(id: string, body: object, replaced: Partial<Env>, token = OPERATOR) {
  const request = new Request(`https://edge.test/v1/transcripts/${id}/follow-ups`, {
    method: "POST",
    headers: { authorization: token },
    body: JSON.stringify(body),
  });
  return send(request, replaced);
}

const notify = (...to: string[]) => ({
  notify: to.map((each) => ({ channel: each.startsWith("+") ? "sms" : "email", to: each })),
});

describe("recipients that a request names in its extra", () => {
  it("are refused unless they are allowed, which the status says", async () => {
    const extra = { notify_email: STRANGER, notify_sms: PREMIUM, notify_webhook: "crm" };
    const id = await received(extra, closed);
    expect(await sent()).toEqual([]);
    expect(await statusOf(id, closed)).toMatchObject({
      follow_ups: [{ name: "webhook:crm:transcript.received", state: "done" }],
      follow_up_problems: [
        `extra.notify_email: "${STRANGER}" is not within RECIPIENTS`,
        `extra.notify_sms: "${PREMIUM}" is not within RECIPIENTS`,
      ],
    });
  });

  it("are notified where they are allowed, and the others are not", async () => {
    const open = { ...world.env, RECIPIENTS: "example.com +4420" };
    const extra = { notify_email: `dana@example.com,${STRANGER}`, notify_sms: "+442071234567" };
    const id = await received(extra, open);
    expect((await sent()).sort()).toEqual(["+442071234567", "dana@example.com"]);
    expect((await statusOf(id, open)).follow_up_problems).toHaveLength(1);
  });

  it.each(["none", undefined])(
    "are allowed where they are in FOLLOW_UPS (follow_ups:%s)",
    async (follow_ups) => {
      const FOLLOW_UPS = JSON.stringify(notify("Dana@example.com"));
      const extra = { notify_email: "dana@EXAMPLE.com", ...(follow_ups && { follow_ups }) };
      const id = await received(extra, { ...closed, FOLLOW_UPS });
      expect((await statusOf(id, { ...closed, FOLLOW_UPS })).follow_up_problems).toEqual([]);
      expect(await sent()).toContain("dana@EXAMPLE.com");
    },
  );
});

describe("recipients that a call names", () => {
  const FORBIDDEN = [STRANGER, PREMIUM];

  it.each(FORBIDDEN)("are refused for every token, admin too: %s", async (to) => {
    const id = await received({}, closed);
    const response = await ask(id, notify(to), closed);
    expect(response.status).toBe(422);
    const { detail } = await response.json<{ detail: string }>();
    expect(detail).toBe(`${to} is not within RECIPIENTS.`);
    expect(await namesOf(id, closed)).toEqual([]);
  });

  it("are all refused when one of them is", async () => {
    const open = { ...world.env, RECIPIENTS: "example.com" };
    const id = await received({}, open);
    expect((await ask(id, notify("dana@example.com", STRANGER), open)).status).toBe(422);
    expect(await namesOf(id, open)).toEqual([]);
  });

  it("are allowed where they are in FOLLOW_UPS", async () => {
    const FOLLOW_UPS = JSON.stringify(notify(PREMIUM));
    const id = await received({ follow_ups: "none" }, { ...closed, FOLLOW_UPS });
    expect((await ask(id, notify(PREMIUM), { ...closed, FOLLOW_UPS })).status).toBe(202);
  });
});

describe("a recipient that is no longer allowed", () => {
  const open = () => ({ ...world.env, RECIPIENTS: "*" });

  it("is sent nothing that waits in the queue", async () => {
    const { id, body } = transcript({ extra: { notify_email: STRANGER, notify_sms: PREMIUM } });
    await deliver(body, { env: open() });
    const { queue, sent: messages } = recordingQueue();
    await consume([callback(id)], { ...open(), FOLLOW_UP_QUEUE: queue }, { attempts: 2 });
    expect(messages).toHaveLength(2);
    await consume(messages, closed);
    expect(await sent()).toEqual([]);
    expect((await statusOf(id, closed)).follow_ups).toMatchObject([
      { state: "failed", last_error: "the recipient is not within RECIPIENTS" },
      { state: "failed", last_error: "the recipient is not within RECIPIENTS" },
    ]);
  });

  it("is sent nothing again by a retry or a redrive", async () => {
    await world.resend.fail({ status: 422 });
    const id = await received({ notify_email: STRANGER }, open());
    const name = effectName({ channel: "email", to: STRANGER, event: "transcript.received" });
    const path = `/v1/transcripts/${id}/follow-ups/${encodeURIComponent(name)}/retry`;
    const asOperator = { method: "POST", headers: { authorization: OPERATOR }, env: closed };
    const retried = await get(path, asOperator);
    expect([retried.status, await retried.text()]).toEqual([
      422,
      expect.stringContaining("RECIPIENTS"),
    ]);
    for (const dry_run of [true, false]) {
      const request = new Request("https://edge.test/v1/dead-letters/redrive", {
        method: "POST",
        headers: { authorization: OPERATOR },
        body: JSON.stringify({ dry_run }),
      });
      expect(await (await send(request, closed)).json()).toMatchObject({
        count: 0,
        results: [{ action: "skipped", reason: "its recipient is not within RECIPIENTS" }],
      });
    }
    expect(await sent()).toEqual([]);
  });
});

it("a recipient that is no longer allowed is sent nothing by a retry of many requests", async () => {
  const open = { ...world.env, RECIPIENTS: "*" };
  const id = await received({ notify_email: STRANGER }, open);
  expect(await sent()).toEqual([STRANGER]);
  for (const dry_run of [true, false]) {
    const request = new Request("https://edge.test/v1/follow-ups/retry", {
      method: "POST",
      headers: { authorization: OPERATOR },
      body: JSON.stringify({ request_ids: [id], channels: ["email"], dry_run }),
    });
    expect(await (await send(request, closed)).json()).toMatchObject({
      count: 0,
      results: [{ action: "skipped", reason: "its recipient is not within RECIPIENTS" }],
    });
  }
});

describe("languages asked for one request", () => {
  const two = () => ({ ...world.env, MAX_TRANSLATIONS: "2", FOLLOW_UPS: '{"translate":["es"]}' });

  it("are bounded in extra, without those in FOLLOW_UPS", async () => {
    const id = await received({ translate: "de,es,fr,it,de" }, two());
    const { follow_ups, follow_up_problems } = await statusOf(id, two());
    expect(follow_ups.map(({ name }) => name)).toEqual([
      "translate:de",
      "translate:es",
      "translate:fr",
    ]);
    expect(follow_up_problems).toEqual([
      'extra.translate: "it" is beyond MAX_TRANSLATIONS, 2 for one request',
    ]);
  });

  it("are bounded over extra and all calls together", async () => {
    const id = await received({ translate: "de" }, two());
    expect((await ask(id, { translate: ["fr", "it"] }, two())).status).toBe(422);
    expect((await ask(id, { translate: ["fr", "es"] }, two())).status).toBe(202);
    const refused = await ask(id, { translate: ["pt-BR"] }, two());
    const { detail } = await refused.json<{ detail: string }>();
    expect([refused.status, detail]).toEqual([
      422,
      "pt-BR is beyond MAX_TRANSLATIONS, 2 for one request.",
    ]);
    expect((await ask(id, { translate: ["de", "fr", "es"] }, two())).status).toBe(202);
    expect(await namesOf(id, two())).toEqual(["translate:de", "translate:es", "translate:fr"]);
  });

  it("are bounded when many ask at the same moment", async () => {
    const id = await received({}, two());
    const asked = ["de", "fr", "it", "pl", "nl"].map((language) =>
      ask(id, { translate: [language] }, two()),
    );
    const statuses = (await Promise.all(asked)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 202)).toHaveLength(2);
    expect(await namesOf(id, two())).toHaveLength(3);
  });

  it("count also when a call comes before the callback's own message", async () => {
    const { id, body } = transcript({ extra: { translate: "de,fr" } });
    await deliver(body, { env: two() });
    expect((await ask(id, { translate: ["it"] }, two())).status).toBe(202);
    await workOff([callback(id)], two());
    expect(await namesOf(id, two())).toEqual(["translate:de", "translate:es", "translate:it"]);
    expect((await statusOf(id, two())).follow_up_problems).toEqual([
      'extra.translate: "fr" is beyond MAX_TRANSLATIONS, 2 for one request',
    ]);
  });

  it("stay when the callback comes again, and go with the transcript", async () => {
    const id = await received({ translate: "de,fr" }, two());
    const key = `beside/${id}/asked-languages.json`;
    const before = await env.TRANSCRIPTS.head(key);
    await consume([callback(id)], two());
    expect((await env.TRANSCRIPTS.head(key))?.etag).toBe(before?.etag);
    await get(`/v1/transcripts/${id}`, { method: "DELETE", headers: { authorization: OPERATOR } });
    expect(await env.TRANSCRIPTS.head(key)).toBeNull();
  });
});
