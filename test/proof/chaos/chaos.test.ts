import { afterEach, expect, inject, it, vi } from "vitest";
import { pick, type Random, randomFrom } from "../../support/bodies/random.ts";
import { channels, EMAIL, PHONE } from "../../support/channels.ts";
import { deliver, send, transcript } from "../../support/deliver.ts";
import { recordingQueue } from "../../support/faulty.ts";
import { get, OPERATOR } from "../../support/get.ts";
import type { Order } from "../../support/providers/world.ts";
import { type Waiting, workOff } from "../../support/work-off.ts";

const CALLBACKS = inject("isFull") ? 1_000 : 40;
const FAILING = 0.3;
const TWICE = 0.2;
const REDRIVES = 2;
/** More than any provider is asked. */
const REQUESTS = 6_000;

const FAULTS: Order[] = [
  { status: 500 },
  { status: 503 },
  { status: 429 },
  { status: 400 },
  { drop: "before" },
  { drop: "after" },
];

/** A provider that fails at random. */
const faults = (random: Random): Order[] =>
  Array.from({ length: REQUESTS }, () => (random() < FAILING ? pick(random, FAULTS) : {}));

/** Delivers some messages twice, and in any order. */
function disorder(random: Random): (waiting: Waiting[]) => Waiting[] {
  const seen = new WeakSet<Waiting>();
  return (waiting) => {
    const all = waiting.flatMap((message) => {
      if (seen.has(message)) return [message];
      const copy = { ...message };
      seen.add(message).add(copy);
      return random() < TWICE ? [message, copy] : [message];
    });
    const at = Math.floor(random() * all.length);
    return [...all.slice(at), ...all.slice(0, at)];
  };
}

async function redriveAll(replaced: Partial<Env>): Promise<unknown[]> {
  const { queue, sent } = recordingQueue();
  let cursor: string | null = "";
  while (cursor !== null) {
    const request = new Request("https://edge.test/v1/dead-letters/redrive", {
      method: "POST",
      headers: { authorization: OPERATOR },
      body: JSON.stringify({ filter: {}, dry_run: false, ...(cursor !== "" && { cursor }) }),
    });
    const answer = await send(request, { ...replaced, FOLLOW_UP_QUEUE: queue });
    cursor = (await answer.json<{ next_cursor: string | null }>()).next_cursor;
  }
  return sent;
}

afterEach(() => {
  vi.useRealTimers();
});

it("many callbacks, providers that fail, repeated messages, two redrives: each effect once or listed", {
  timeout: 300_000,
}, async () => {
  const random = randomFrom(5);
  const world = channels();
  for (const provider of [world.webhook, world.resend, world.twilio, world.libretranslate]) {
    await provider.fail(faults(random));
  }
  const others = [{ notify_email: EMAIL }, { notify_sms: PHONE }, { translate: "es" }];
  const ids: string[] = [];
  for (let index = 0; index < CALLBACKS; index++) {
    const extra = { notify_webhook: "crm", ...others[index % others.length] };
    const { id, body } = transcript({ words: 6, extra });
    ids.push(id);
    await deliver(body, { env: world.env });
    if (random() < TWICE) await deliver(body, { env: world.env });
  }
  const callbacks = ids.map((request_id) => ({ type: "callback", request_id }));
  await workOff(callbacks, world.env, disorder(random));
  for (let redrive = 0; redrive < REDRIVES; redrive++) {
    await workOff(await redriveAll(world.env), world.env, disorder(random));
  }

  const states = new Map<string, number>();
  const done = { webhook: 0, email: 0, sms: 0, translate: 0 };
  const uncertain = { sms: 0 };
  const listed = new Set(await deadLetters());
  for (const id of ids) {
    const response = await get(`/v1/transcripts/${id}/status`);
    const { follow_ups } = await response.json<{ follow_ups: { name: string; state: string }[] }>();
    for (const { name, state } of follow_ups) {
      states.set(state, (states.get(state) ?? 0) + 1);
      const channel = name.split(":")[0] as keyof typeof done;
      if (state === "done") done[channel]++;
      else expect(listed, `${id}/${name} is ${state}`).toContain(`${id}/${name}`);
      if (state === "uncertain") uncertain[channel as "sms"]++;
    }
  }
  console.info(JSON.stringify({ states: Object.fromEntries(states), done, uncertain }));
  expect([...states.keys()].every((state) => /^(done|failed|dead|uncertain)$/.test(state))).toBe(
    true,
  );

  const webhooks = (await world.webhook.state()).requests;
  const heard = webhooks.filter(({ status }) => status === 204);
  expect(new Set(heard.map(({ headers }) => headers["webhook-id"])).size).toBe(done.webhook);
  expect((await world.resend.state()).emails).toHaveLength(done.email);
  const { messages } = await world.twilio.state();
  expect(messages.length).toBeGreaterThanOrEqual(done.sms);
  expect(messages.length).toBeLessThanOrEqual(done.sms + uncertain.sms);
  expect(new Set(messages.map(({ body }) => body)).size).toBe(messages.length);
});

async function deadLetters(): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const query: string = cursor === "" ? "" : `?cursor=${encodeURIComponent(cursor)}`;
    const response = await get(`/v1/dead-letters${query}`, {
      headers: { authorization: OPERATOR },
    });
    const page = await response.json<{
      dead_letters: { id: string }[];
      next_cursor: string | null;
    }>();
    ids.push(...page.dead_letters.map(({ id }) => id));
    cursor = page.next_cursor;
  }
  return ids;
}
