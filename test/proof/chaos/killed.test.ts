import { afterEach, describe, expect, it, vi } from "vitest";
import { segments } from "../../../src/transcript/segments/segments.ts";
import { type Channels, channels, EMAIL, PHONE } from "../../support/channels.ts";
import { consume } from "../../support/consume.ts";
import { deliver, transcript } from "../../support/deliver.ts";
import { recordingQueue } from "../../support/faulty.ts";
import { get } from "../../support/get.ts";
import { type Death, mortal } from "../../support/mortal.ts";
import { later, workOff } from "../../support/work-off.ts";

/** Longer than any lease. */
const LEASE_SECONDS = 250;
/** More than any attempt makes: there it lives on. */
const MOST_OPERATIONS = 40;

/** A part of a translation. */
const MOST_IN_FLIGHT_CHARS = 8_500;

/** Does one message by a consumer that dies, then by others that live. False when it outlived it. */
async function killed(message: unknown, replaced: Partial<Env>, death: Death): Promise<boolean> {
  const { died, sent, env: mortalEnv } = mortal(death);
  const working = consume([message], { ...replaced, ...mortalEnv });
  const end = await Promise.race([working, died]);
  later(LEASE_SECONDS);
  await workOff(end === "died" ? [message, ...sent] : sent, replaced);
  return end === "died";
}

const deaths = Array.from({ length: MOST_OPERATIONS }, (_, index) => index + 1).flatMap(
  (operation): Death[] => [
    { operation, when: "before" },
    { operation, when: "after" },
  ],
);

type Counted = { effects: number; ids: Set<string> };

/** What each provider has seen of one transcript. */
const CHANNELS: Record<
  string,
  { extra: Record<string, string>; count: (world: Channels) => Promise<Counted>; exactly: boolean }
> = {
  webhook: {
    extra: { notify_webhook: "crm" },
    // The receiver knows a repetition by its id: as many ids as effects.
    count: async ({ webhook }) => {
      const { requests } = await webhook.state();
      const ids = new Set(requests.map(({ headers }) => headers["webhook-id"] ?? ""));
      return { effects: ids.size, ids };
    },
    exactly: true,
  },
  email: {
    extra: { notify_email: EMAIL },
    count: async ({ resend }) => {
      const { emails, requests } = await resend.state();
      const ids = new Set(requests.map(({ headers }) => headers["idempotency-key"] ?? ""));
      return { effects: emails.length, ids };
    },
    exactly: true,
  },
  sms: {
    extra: { notify_sms: PHONE },
    count: async ({ twilio }) => ({
      effects: (await twilio.state()).messages.length,
      ids: new Set([""]),
    }),
    exactly: false,
  },
};

async function stateOf(id: string): Promise<string | undefined> {
  const response = await get(`/v1/transcripts/${id}/status`);
  const { follow_ups } = await response.json<{ follow_ups: { state: string }[] }>();
  return follow_ups[0]?.state;
}

afterEach(() => {
  vi.useRealTimers();
});

describe.each(Object.entries(CHANNELS))(
  "a consumer killed at any of its steps: %s",
  (channel, { extra, count, exactly }) => {
    it.each([
      { by: "its own message", isPlanned: true },
      { by: "the message of its callback", isPlanned: false },
    ])(
      "by $by: has the effect happen once, or says that nobody knows",
      {
        timeout: 120_000,
      },
      async ({ isPlanned }) => {
        const states = new Set<string>();
        for (const death of deaths) {
          const world = channels();
          const { id, body } = transcript({ extra });
          await deliver(body, { env: world.env });
          const { queue, sent } = recordingQueue();
          const callback = { type: "callback", request_id: id };
          const planning = { ...world.env, FOLLOW_UP_QUEUE: queue };
          // What comes again only sends messages.
          if (isPlanned) await consume([callback], planning, { attempts: 2 });
          const message = isPlanned ? sent[0] : callback;
          expect(message).toBeDefined();
          const hasDied = await killed(message, world.env, death);
          const { effects, ids } = await count(world);
          const state = await stateOf(id);
          const where = `${channel}, ${death.when} operation ${death.operation}: ${state}`;
          states.add(state ?? "");
          expect(ids.size, where).toBeLessThanOrEqual(1);
          if (exactly || state === "done") expect([effects, state], where).toEqual([1, "done"]);
          else expect([state, effects <= 1], where).toEqual(["uncertain", true]);
          if (!hasDied) break;
        }
        if (!exactly) expect([...states].sort()).toEqual(["done", "uncertain"]);
      },
    );
  },
);

it("a planner killed at any of its steps has every effect done", { timeout: 120_000 }, async () => {
  for (const death of deaths) {
    const world = channels();
    const extra = { notify_webhook: "crm", notify_email: EMAIL };
    const { id, body } = transcript({ extra });
    await deliver(body, { env: world.env });
    const hasDied = await killed({ type: "callback", request_id: id }, world.env, death);
    const where = `${death.when} operation ${death.operation}`;
    expect((await CHANNELS.webhook?.count(world))?.effects, where).toBe(1);
    expect((await CHANNELS.email?.count(world))?.effects, where).toBe(1);
    if (!hasDied) break;
  }
});

it("a translator killed at any of its steps ends, and pays twice only for what was in flight", {
  timeout: 120_000,
}, async () => {
  const extra = { translate: "es" };
  const { body } = transcript({ words: 4_000, utterances: true, extra });
  const chars = (texts: string[]) => texts.reduce((sum, { length }) => sum + length, 0);
  const needed = chars(segments(JSON.parse(body)).map(({ text }) => text));
  for (const death of deaths) {
    const world = channels();
    const { id } = transcript();
    await deliver(body.replace(/"request_id":"[^"]+"/, `"request_id":"${id}"`), { env: world.env });
    const { queue, sent } = recordingQueue();
    await consume([{ type: "callback", request_id: id }], { ...world.env, FOLLOW_UP_QUEUE: queue });
    const hasDied = await killed(sent[0], world.env, death);
    const where = `${death.when} operation ${death.operation}`;
    expect(await stateOf(id), where).toBe("done");
    const { translations } = await world.libretranslate.state();
    const paid = chars(translations.flatMap(({ texts }) => texts));
    expect(paid - needed, where).toBeGreaterThanOrEqual(0);
    expect(paid - needed, where).toBeLessThanOrEqual(MOST_IN_FLIGHT_CHARS);
    const translated = await (await get(`/v1/transcripts/${id}/translations/es.jsonl`)).text();
    const source = await (await get(`/v1/transcripts/${id}.jsonl`)).text();
    expect(translated.split("\n").length, where).toBe(source.split("\n").length);
    if (!hasDied) break;
  }
});
