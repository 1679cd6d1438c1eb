import { createScheduledController } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, inject, it, vi } from "vitest";
import { countMessage } from "../../../src/catalogue/daily-messages.ts";
import worker from "../../../src/index.ts";
import { type Channels, channels } from "../../support/channels.ts";
import { consume, DEAD_LETTERS } from "../../support/consume.ts";
import { deliver, transcript } from "../../support/deliver.ts";
import { faulty, recordingQueue } from "../../support/faulty.ts";
import { asOperator, get } from "../../support/get.ts";
import { providerWorld } from "../../support/providers/world.ts";
import { later, workOff } from "../../support/work-off.ts";

const NOON = Date.UTC(2026, 10, 29, 12);
const HALF_A_DAY = 43_200;

let world: Channels;
let two: Partial<Env>;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOON });
  world = channels();
  two = { ...world.env, DAILY_MESSAGES: "2" };
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const callback = (id: string) => ({ type: "callback", request_id: id });

const EXTRA = {
  notify_email: "a@example.com,b@example.com",
  notify_sms: "+15551234567,+15557654321",
  notify_webhook: "crm",
};

async function stored(extra: Record<string, string> = EXTRA) {
  const { id, body } = transcript({ extra });
  await deliver(body, { env: two });
  return id;
}

/** Works off what is due on this day; gives what waits for another. */
async function today(bodies: unknown[], replaced: Partial<Env> = two) {
  const { queue, sent, delays } = recordingQueue();
  const given = { ...replaced, FOLLOW_UP_QUEUE: queue };
  const waiting: { body: unknown; delaySeconds: number }[] = [];
  for (let batch = bodies; batch.length > 0; ) {
    const { retried } = await consume(batch, given);
    expect(retried).toEqual([]);
    const next = sent.splice(0);
    const seconds = delays.splice(0);
    // Only those sent one by one have a delay.
    batch = seconds.length === 0 ? next : [];
    if (seconds.length > 0) {
      for (const [index, body] of next.entries()) {
        waiting.push({ body, delaySeconds: seconds[index] ?? 0 });
      }
    }
  }
  return waiting;
}

async function followUps(id: string) {
  const response = await get(`/v1/transcripts/${id}/status`, { env: two });
  type FollowUp = { name: string; state: string; attempts: number; last_error: string | null };
  return (await response.json<{ follow_ups: FollowUp[] }>()).follow_ups;
}

const sent = async () =>
  (await world.resend.state()).emails.length + (await world.twilio.state()).messages.length;

const rows = async () =>
  (await env.CATALOGUE.prepare("SELECT value FROM signals WHERE name = 'messages'").all()).results;

describe("e-mails and texts beyond DAILY_MESSAGES", () => {
  it("stay queued until midnight UTC, and use up no attempt", async () => {
    const id = await stored();
    const waiting = await today([callback(id)]);
    expect(await sent()).toBe(2);
    expect(waiting).toHaveLength(2);
    for (const { delaySeconds } of waiting) {
      expect(delaySeconds).toBeGreaterThanOrEqual(HALF_A_DAY);
      expect(delaySeconds).toBeLessThanOrEqual(HALF_A_DAY + 301);
    }
    const held = (await followUps(id)).filter(({ state }) => state === "queued");
    expect(held).toHaveLength(2);
    expect(held[0]).toMatchObject({ attempts: 0, last_error: expect.stringMatching(/DAILY_ME/) });
    const webhook = (await followUps(id)).find(({ name }) => name.startsWith("webhook"));
    expect(webhook?.state).toBe("done");
    expect(await rows()).toEqual([{ value: 3 }]);
  });

  it("go out when a day has room, beyond the attempts of a message", async () => {
    const id = await stored({ notify_sms: "+15551234567", notify_email: "a@example.com" });
    const busyUntil = NOON + 22 * 86_400_000;
    await workOff([callback(id)], { ...two, DAILY_MESSAGES: "1" }, async (waiting) => {
      // Another message is first on each day.
      if (Date.now() < busyUntil) await countMessage(env.CATALOGUE, 1, Date.now());
      return waiting;
    });
    expect(await sent()).toBe(2);
    expect(Date.now()).toBeGreaterThan(busyUntil);
    expect((await env.TRANSCRIPTS.list({ prefix: "dead-letters/" })).objects).toEqual([]);
    expect((await followUps(id)).every(({ state }) => state === "done")).toBe(true);
  });

  it("are not sent for again before midnight by what else happens", async () => {
    const id = await stored();
    await today([callback(id)]);
    for (const type of ["callback", "follow-ups"]) {
      expect(await today([{ type, request_id: id }])).toEqual([]);
    }
    expect(await sent()).toBe(2);
  });

  it("are not given up when their message is", async () => {
    const id = await stored();
    const [first] = await today([callback(id)]);
    const { retried } = await consume([first?.body], two, { queue: DEAD_LETTERS });
    expect(retried[0]?.delaySeconds).toBeGreaterThan(HALF_A_DAY - 1);
    expect(retried[0]?.delaySeconds).toBeLessThanOrEqual(86_400);
    expect((await followUps(id)).filter(({ state }) => state === "queued")).toHaveLength(2);
  });

  it("that are more than none: 0 sends nothing", async () => {
    two = { ...two, DAILY_MESSAGES: "0" };
    await today([callback(await stored())]);
    expect(await sent()).toBe(0);
  });
});

describe("the count", () => {
  it("of a message is one, however often it is tried on a day", async () => {
    await world.twilio.fail({ times: 3, status: 429 });
    await workOff([callback(await stored({ notify_sms: "+15551234567" }))], two);
    expect([await sent(), await rows()]).toEqual([1, [{ value: 1 }]]);
  });

  it("continues when a person has a message sent again", async () => {
    const id = await stored({ notify_sms: "+15551234567" });
    await workOff([callback(id)], two);
    const name = encodeURIComponent("sms:+15551234567:transcript.received");
    await asOperator(`/v1/transcripts/${id}/follow-ups/${name}/retry`, "POST");
    const effect = { channel: "sms", to: "+15551234567", event: "transcript.received" };
    await workOff([{ type: "effect", request_id: id, effect, generation: 1 }], two);
    expect([await sent(), await rows()]).toEqual([2, [{ value: 2 }]]);
  });

  it("is left alone when the catalogue is made anew", async () => {
    await today([callback(await stored())]);
    const rebuilt = await asOperator("/v1/catalogue/rebuild", "POST");
    expect([rebuilt.status, await rows()]).toEqual([200, [{ value: 3 }]]);
  });

  it("admits no more than the limit of many at the same moment, and grows no further", async () => {
    const counting = Array.from({ length: 20 }, () => countMessage(env.CATALOGUE, 7, NOON));
    expect((await Promise.all(counting)).filter(Boolean)).toHaveLength(7);
    expect(await rows()).toEqual([{ value: 8 }]);
  });

  it("begins anew at midnight, and a clock that is behind takes nothing back", async () => {
    const count = (now: number) => countMessage(env.CATALOGUE, 1, now);
    const midnight = Date.UTC(2026, 10, 30);
    expect([await count(midnight - 2), await count(midnight - 1)]).toEqual([true, false]);
    expect([await count(midnight), await count(midnight - 1)]).toEqual([true, false]);
    expect(await count(midnight + 1)).toBe(false);
  });

  it("keeps what was counted when the limit is lowered, and raised again", async () => {
    const count = (limit: number) => countMessage(env.CATALOGUE, limit, NOON);
    for (let time = 0; time < 3; time++) await count(9);
    expect([await count(1), await count(4), await count(4)]).toEqual([false, true, false]);
  });

  it("holds up no e-mail and no SMS when the database is away, and sends none twice after", async () => {
    const CATALOGUE = faulty(env.CATALOGUE, {
      prepare: () => {
        throw new Error("D1_ERROR: away");
      },
    });
    const id = await stored();
    const { queue, sent: messages } = recordingQueue();
    await consume([callback(id)], { ...two, FOLLOW_UP_QUEUE: queue }, { attempts: 2 });
    const { acked } = await consume(messages, { ...two, CATALOGUE });
    // They come again for the row of the list alone.
    expect([acked.length, await sent()]).toEqual([0, 4]);
    const again = await consume(messages, two);
    expect([again.acked.length, await sent()]).toEqual([5, 4]);
  });
});

it("an alarm fires when messages wait, and is over at midnight", async () => {
  const alerts = providerWorld<object>(inject("sinkUrl"));
  const minute = async () => {
    const given = { ...two, ALERT_WEBHOOK: alerts.url, FOLLOW_UP_QUEUE: recordingQueue().queue };
    await worker.scheduled(createScheduledController({ cron: "* * * * *" }), { ...env, ...given });
    const { requests } = await alerts.state();
    await fetch(`${alerts.url}/_state`, { method: "DELETE" });
    const alarms = requests.map(({ body }) => JSON.parse(body) as Record<string, string>);
    return alarms.filter(({ alarm }) => alarm === "daily-messages");
  };
  await today([callback(await stored({ notify_sms: "+15551234567,+15557654321" }))]);
  expect(await minute()).toEqual([]);
  await today([callback(await stored())]);
  expect(await minute()).toMatchObject([
    {
      state: "firing",
      detail: "2 e-mails and texts were sent today: others wait for midnight UTC",
    },
  ]);
  later(HALF_A_DAY);
  expect(await minute()).toMatchObject([{ state: "resolved" }]);
});
