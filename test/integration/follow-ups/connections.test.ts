import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, inject, it, vi } from "vitest";
import { type Effect, effectName } from "../../../src/config/follow-ups.ts";
import type { RequestId } from "../../../src/deepgram/request-id.ts";
import { limitConcurrency } from "../../../src/lib/concurrency.ts";
import { openEntry, readEntry } from "../../../src/store/effect-claims.ts";
import { type Channels, channels, PHONE } from "../../support/channels.ts";
import { consume } from "../../support/consume.ts";
import { deliver, transcript } from "../../support/deliver.ts";
import { recordingQueue } from "../../support/faulty.ts";
import { SIGNING_KEYS } from "../../support/jobs.ts";
import { providerWorld } from "../../support/providers/world.ts";

/** As many subrequests of an invocation wait for their headers; others wait in line. */
const CONNECTIONS = 6;

/** The timeouts of providers, ten seconds, pass so many times as fast. */
const FASTER = 10;

const LONG_AGO = "2026-01-01T00:00:00.000Z";

let world: Channels;
let id: RequestId;
let most: number;

beforeEach(async () => {
  world = channels();
  const made = transcript();
  id = made.id as RequestId;
  await deliver(made.body, { env: world.env });
  most = 0;
  const connection = limitConcurrency(CONNECTIONS);
  const real = globalThis.fetch;
  const timeoutOf = AbortSignal.timeout.bind(AbortSignal);
  vi.spyOn(AbortSignal, "timeout").mockImplementation((ms) => timeoutOf(ms / FASTER));
  let open = 0;
  vi.spyOn(globalThis, "fetch").mockImplementation((input, init) =>
    connection(async () => {
      most = Math.max(most, ++open);
      try {
        // The timeout of a request may have run out in line.
        init?.signal?.throwIfAborted();
        return await real(input as RequestInfo, init);
      } finally {
        open--;
      }
    }),
  );
});

afterEach(() => {
  vi.restoreAllMocks();
});

async function opened(effects: Effect[]) {
  for (const effect of effects) await openEntry(env.TRANSCRIPTS, id, effect, Date.now());
  return effects.map((effect) => ({ type: "effect", request_id: id, effect, generation: 0 }));
}

const webhooks = (count: number): Effect[] =>
  Array.from({ length: count }, (_, index) => ({
    channel: "webhook",
    to: `e${index}`,
    event: "transcript.received",
  }));

const endpoints = (count: number, url: string) => {
  const { crm } = JSON.parse(String(world.env.WEBHOOK_ENDPOINTS));
  const entries = Array.from({ length: count }, (_, index) => [`e${index}`, { ...crm, url }]);
  return JSON.stringify(Object.fromEntries(entries));
};

const text: Effect = { channel: "sms", to: PHONE, event: "transcript.received" };

describe("a batch of effects", () => {
  it("sends a text behind nine webhooks that hang, and it does not become uncertain", async () => {
    await world.webhook.fail({ times: 9, hangMs: 5_000 });
    const messages = await opened([...webhooks(9), text]);
    const WEBHOOK_ENDPOINTS = endpoints(9, `${world.webhook.url}/in`);
    const { acked } = await consume(messages, { ...world.env, WEBHOOK_ENDPOINTS });
    expect(acked).toEqual(["m9"]);
    expect((await readEntry(env.TRANSCRIPTS, id, effectName(text)))?.state).toBe("done");
    expect((await world.twilio.state()).messages).toHaveLength(1);
  });

  it("has at most three of them running at a time", async () => {
    const messages = await opened(webhooks(10));
    await world.webhook.fail({ times: 10, hangMs: 50 });
    const WEBHOOK_ENDPOINTS = endpoints(10, `${world.webhook.url}/in`);
    const { acked } = await consume(messages, { ...world.env, WEBHOOK_ENDPOINTS });
    expect([acked.length, most]).toEqual([10, 3]);
  });
});

it("asks Deepgram about one deadline at a time", async () => {
  const deepgram = providerWorld<object>(inject("usageUrl"));
  await deepgram.fail({ times: 4, hangMs: 50 });
  const ids = Array.from({ length: 4 }, () => crypto.randomUUID());
  for (const overdue of ids) {
    const source = { url: "https://audio.test/call.wav", query: "model=nova-3" };
    await env.TRANSCRIPTS.put(`expected/${overdue}`, JSON.stringify({ write: overdue, source }), {
      customMetadata: { state: "overdue", expected_at: LONG_AGO, deadline_at: LONG_AGO },
    });
  }
  await consume(
    ids.map((request_id) => ({ type: "deadline", request_id })),
    {
      DEEPGRAM_URL: deepgram.url,
      DEEPGRAM_API_KEY: "a-deepgram-key",
      RESUBMIT_OVERDUE: "true",
      SIGNING_KEYS,
      PUBLIC_URL: "https://edge.test",
      FOLLOW_UP_QUEUE: recordingQueue().queue,
    },
  );
  expect([(await deepgram.state()).requests.length, most]).toEqual([4, 1]);
});

describe("limitConcurrency", () => {
  it("continues in order when work fails", async () => {
    const limit = limitConcurrency(2);
    const ended: number[] = [];
    const work = Array.from({ length: 6 }, (_, index) =>
      limit(async () => {
        await scheduler.wait(1);
        ended.push(index);
        if (index % 2 === 0) throw new Error("it failed");
      }),
    );
    await Promise.allSettled(work);
    expect(ended).toEqual([0, 1, 2, 3, 4, 5]);
  });
});
