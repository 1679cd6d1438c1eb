import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Effect, effectName } from "../../../src/config/follow-ups.ts";
import type { RequestId } from "../../../src/deepgram/request-id.ts";
import {
  claimEffect,
  closeEffect,
  openEntry,
  readEntry,
} from "../../../src/store/effect-claims.ts";
import { LEASE_MS, WORK_WITHIN_MS } from "../../../src/store/effect-entry.ts";
import { type Channels, channels, EMAIL, PHONE } from "../../support/channels.ts";
import { consume, DEAD_LETTERS } from "../../support/consume.ts";
import { deliver, storedKeys, transcript } from "../../support/deliver.ts";
import { faulty, recordingQueue, refuses } from "../../support/faulty.ts";
import { asOperator, get, OPERATOR } from "../../support/get.ts";
import { later } from "../../support/work-off.ts";

const EFFECTS: Effect[] = [
  { channel: "webhook", to: "crm", event: "transcript.received" },
  { channel: "email", to: EMAIL, event: "transcript.received" },
  { channel: "sms", to: PHONE, event: "transcript.received" },
  { channel: "translate", to: "es" },
];

let world: Channels;
let id: RequestId;

beforeEach(async () => {
  world = channels();
  const made = transcript();
  id = made.id as RequestId;
  await deliver(made.body, { env: world.env });
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const message = (effect: Effect, generation = 0) => ({
  type: "effect",
  request_id: id,
  effect,
  generation,
});

const deadLetters = async () =>
  (await storedKeys()).filter((key) => key.startsWith("dead-letters/"));

/** How often any provider was asked for something. */
async function calls(): Promise<number> {
  const { webhook, twilio, resend, libretranslate } = world;
  const states = [webhook, twilio, resend, libretranslate].map((each) => each.state());
  return (await Promise.all(states)).reduce((sum, { requests }) => sum + requests.length, 0);
}

/** The ledger is taken over by another attempt, an hour later, which ends as given. */
async function takeOver(effect: Effect, state: "done" | "failed" | null) {
  const wanted = {
    name: effectName(effect),
    generation: 0,
    repeatableForMs: Number.POSITIVE_INFINITY,
  };
  const at = Date.now() + 3_600_000;
  const taken = await claimEffect(env.TRANSCRIPTS, id, wanted, at);
  if (taken.claim !== "mine") throw new Error(taken.claim);
  const ending = state === "failed" ? ({ state, error: "it said so" } as const) : { state };
  if (ending.state === null) return;
  await closeEffect(env.TRANSCRIPTS, id, taken.entry, ending as { state: "done" }, at);
}

/** Works an effect off; during its first read of the transcript `meanwhile` happens. */
async function attempt(effect: Effect, meanwhile: () => Promise<void>) {
  await openEntry(env.TRANSCRIPTS, id, effect, Date.now());
  let isOver = false;
  const during = async (key: string) => {
    const entry = await readEntry(env.TRANSCRIPTS, id, effectName(effect));
    if (isOver || entry?.state !== "running" || key.startsWith("dead")) return;
    isOver = true;
    await meanwhile();
  };
  const TRANSCRIPTS = faulty(env.TRANSCRIPTS, {
    head: async (key: string) => {
      await during(key);
      return env.TRANSCRIPTS.head(key);
    },
    get: async (key: string, ...rest: []) => {
      await during(key);
      return env.TRANSCRIPTS.get(key, ...rest);
    },
    list: async (options: R2ListOptions) => {
      await during("");
      return env.TRANSCRIPTS.list(options);
    },
  });
  const settled = await consume([message(effect)], { ...world.env, TRANSCRIPTS });
  return { settled, state: (await readEntry(env.TRANSCRIPTS, id, effectName(effect)))?.state };
}

it("the lease is longer than the consumer waits for an attempt, and its last call", () => {
  expect(LEASE_MS).toBeGreaterThanOrEqual(WORK_WITHIN_MS + 30_000);
});

describe.each(EFFECTS)("an attempt at $channel that has lost its claim", (effect) => {
  it.each(["done", "failed", null] as const)(
    "calls nobody and writes nothing when another has it (%s)",
    async (state) => {
      const before = await deadLetters();
      const { settled, state: now } = await attempt(effect, () => takeOver(effect, state));
      expect([await calls(), await deadLetters(), now]).toEqual([0, before, state ?? "running"]);
      expect(settled.retried).toHaveLength(1);
    },
  );

  it("calls nobody when its time is over, and is tried again", async () => {
    const { settled, state } = await attempt(effect, async () => void later(230));
    expect([await calls(), state, settled.retried.length]).toEqual([0, "retrying", 1]);
  });
});

describe("an attempt that loses its claim while the provider is at work", () => {
  const email = EFFECTS[1] as Effect;

  /** The claim is lost between the answer of the provider and the end of the attempt. */
  async function lostLate(state: "done" | "failed" | null, status?: number) {
    if (status !== undefined) await world.resend.fail({ status });
    await openEntry(env.TRANSCRIPTS, id, email, Date.now());
    const real = globalThis.fetch;
    vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
      const response = await real(input as RequestInfo, init);
      if (String(input).endsWith("/emails")) await takeOver(email, state);
      return response;
    });
    return consume([message(email)], world.env);
  }

  it("leaves no dead letter of work that another has done", async () => {
    await lostLate("done", 422);
    expect(await deadLetters()).toEqual([]);
    expect((await readEntry(env.TRANSCRIPTS, id, effectName(email)))?.state).toBe("done");
  });

  it("leaves the dead letter of another where it is", async () => {
    const key = `dead-letters/${id}/${effectName(email)}`;
    await env.TRANSCRIPTS.put(key, "another's");
    await lostLate("failed");
    expect(await (await env.TRANSCRIPTS.get(key))?.text()).toBe("another's");
    expect((await readEntry(env.TRANSCRIPTS, id, effectName(email)))?.state).toBe("failed");
  });

  it("changes nothing of an attempt that is under way", async () => {
    await lostLate(null, 500);
    const entry = await readEntry(env.TRANSCRIPTS, id, effectName(email));
    expect(entry).toMatchObject({ state: "running", attempts: 2, lastError: "" });
  });
});

describe("a dead letter", () => {
  const email = EFFECTS[1] as Effect;
  const key = () => `dead-letters/${id}/${effectName(email)}`;

  /** Fails for good, and dies before the dead letter is stored. */
  async function diesBeforeLetter(queue?: string) {
    await world.resend.fail({ status: 422 });
    await openEntry(env.TRANSCRIPTS, id, email, Date.now());
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, {
      put: (...written: Parameters<R2Bucket["put"]>) =>
        written[0] === key() ? refuses("gone")() : env.TRANSCRIPTS.put(...written),
    });
    const { retried } = await consume([message(email)], { ...world.env, TRANSCRIPTS });
    expect([retried.length, await deadLetters()]).toEqual([1, []]);
    await consume([message(email)], world.env, queue ? { queue } : {});
  }

  it.each([undefined, DEAD_LETTERS])(
    "is kept by the next delivery when the attempt died before it was (%s)",
    async (queue) => {
      await diesBeforeLetter(queue);
      const deadLetter = await (await env.TRANSCRIPTS.get(key()))?.json();
      expect(deadLetter).toMatchObject({
        state: "failed",
        attempts: 1,
        message: { request_id: id },
      });
    },
  );

  it("is not kept of an effect that another attempt took while it was given up", async () => {
    await openEntry(env.TRANSCRIPTS, id, email, Date.now());
    later(301);
    let isOver = false;
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, {
      put: async (...written: Parameters<R2Bucket["put"]>) => {
        if (!isOver) {
          isOver = true;
          await takeOver(email, "done");
        }
        return env.TRANSCRIPTS.put(...written);
      },
    });
    const options = { queue: DEAD_LETTERS };
    const { retried } = await consume([message(email)], { ...world.env, TRANSCRIPTS }, options);
    expect([retried.length, await deadLetters()]).toEqual([1, []]);
  });
});

describe("the provider's id of a message", () => {
  it.each([EFFECTS[1], EFFECTS[2]] as Effect[])("is in the status: $channel", async (effect) => {
    await openEntry(env.TRANSCRIPTS, id, effect, Date.now());
    await consume([message(effect)], world.env);
    const { follow_ups } = await (await asOperator(`/v1/transcripts/${id}/status`)).json<{
      follow_ups: { message_id: string }[];
    }>();
    const taken = effect.channel === "sms" ? /^SM[0-9a-f]{32}$/ : /^[0-9a-f-]{36}$/;
    expect(follow_ups[0]?.message_id).toMatch(taken);
  });

  it("stays while the message is sent again, until there is another", async () => {
    const sms = EFFECTS[2] as Effect;
    await openEntry(env.TRANSCRIPTS, id, sms, Date.now());
    await consume([message(sms)], world.env);
    const before = await readEntry(env.TRANSCRIPTS, id, effectName(sms));
    const { queue } = recordingQueue();
    const retry = `/v1/transcripts/${id}/follow-ups/${encodeURIComponent(effectName(sms))}/retry`;
    await get(retry, {
      method: "POST",
      headers: { authorization: OPERATOR },
      env: { ...world.env, FOLLOW_UP_QUEUE: queue },
    });
    await world.twilio.fail({ drop: "after" });
    await consume([message(sms, 1)], world.env);
    expect(await readEntry(env.TRANSCRIPTS, id, effectName(sms))).toMatchObject({
      state: "uncertain",
      messageId: before?.messageId,
    });
  });
});
