import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { RequestId } from "../../../src/deepgram/request-id.ts";
import { MAX_HELD_BYTES } from "../../../src/lib/held-bytes.ts";
import { putMarker } from "../../../src/store/outbox.ts";
import { runCron } from "../../support/consume.ts";
import {
  deliver,
  send,
  settledKeys,
  storedKeys,
  storedText,
  transcript,
} from "../../support/deliver.ts";
import { eventually } from "../../support/eventually.ts";
import { faulty, hangs, recordingQueue, refuses } from "../../support/faulty.ts";

const RATE_LIMITED = "put: Reduce your concurrent request rate for the same object. (10058)";

const read = (id: string, replaced: Partial<Env> = {}) =>
  send(
    new Request(`https://edge.test/v1/transcripts/${id}`, {
      headers: { authorization: "Bearer read-token" },
    }),
    replaced,
  );

const withStore = (replaced: Parameters<typeof faulty<R2Bucket>>[1]) => ({
  TRANSCRIPTS: faulty(env.TRANSCRIPTS, replaced),
});

afterEach(() => {
  vi.useRealTimers();
});

describe("an R2 that", () => {
  it.each([
    ["rejects", refuses("internal error")],
    ["answers 429", refuses(RATE_LIMITED)],
  ])("%s leads to 503, and the next try is stored", async (_, put) => {
    const { id, body } = transcript();
    const { queue, sent } = recordingQueue();
    const response = await deliver(body, {
      env: { ...withStore({ put }), FOLLOW_UP_QUEUE: queue },
    });
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("30");
    expect(await response.text()).not.toMatch(/10058|internal error/);
    expect(await storedKeys()).toEqual([]);
    expect(sent).toEqual([]);
    expect((await deliver(body)).status).toBe(200);
    expect(await storedText(`callbacks/${id}`)).toBe(body);
  });

  it.each([
    ["a transcript", transcript().body],
    ["what is quarantined", "no transcript"],
  ])("hangs with %s leads to 503 before Deepgram hangs up", async (_, body) => {
    const put = hanging();
    const pending = deliver(body, { env: withStore({ put: put.method }) });
    expect(await put.answeredWithin(9_000, pending)).toBe(503);
  });

  it("is slow while the queue and the marker hang leads to 503 before Deepgram hangs up", async () => {
    const queue = hanging();
    const put = async (key: string, ...rest: [string]) => {
      if (key.startsWith("outbox/")) return hangs();
      vi.advanceTimersByTime(5_900);
      return env.TRANSCRIPTS.put(key, ...rest);
    };
    const FOLLOW_UP_QUEUE = faulty(env.FOLLOW_UP_QUEUE, { send: queue.method });
    const pending = deliver(transcript().body, { env: { ...withStore({ put }), FOLLOW_UP_QUEUE } });
    expect(await queue.answeredWithin(9_000 - 5_900, pending)).toBe(503);
  });

  it("stores only after the 503 has it followed up all the same, should nobody come back", async () => {
    const { id, body } = transcript();
    const { queue, sent } = recordingQueue();
    const stalled = hanging();
    const released = Promise.withResolvers<void>();
    const put = async (...parameters: Parameters<R2Bucket["put"]>) => {
      stalled.method();
      await released.promise;
      return env.TRANSCRIPTS.put(...parameters);
    };
    const pending = deliver(body, { env: { ...withStore({ put }), FOLLOW_UP_QUEUE: queue } });
    expect(await stalled.answeredWithin(9_000, pending)).toBe(503);
    expect(sent).toEqual([]);
    vi.useRealTimers();
    released.resolve();
    await eventually(() => expect(sent).toEqual([{ type: "callback", request_id: id }]));
    expect(await storedText(`callbacks/${id}`)).toBe(body);
  });

  it("stored but could not say so leads to 503, and the retry is a duplicate with follow-ups", async () => {
    const { id, body } = transcript();
    const put = async (...parameters: Parameters<R2Bucket["put"]>) => {
      await env.TRANSCRIPTS.put(...parameters);
      throw new Error("connection lost");
    };
    const { queue, sent } = recordingQueue();
    const FOLLOW_UP_QUEUE = queue;
    const first = await deliver(body, { env: { ...withStore({ put }), FOLLOW_UP_QUEUE } });
    expect(first.status).toBe(503);
    expect((await deliver(body, { env: { FOLLOW_UP_QUEUE } })).status).toBe(200);
    expect(await storedKeys()).toEqual([`callbacks/${id}`]);
    expect(sent).toEqual([{ type: "callback", request_id: id }]);
  });

  it("says that an object is there and then does not have it never leads to 2xx", async () => {
    const store = withStore({ put: async () => null, head: async () => null });
    expect((await deliver(transcript().body, { env: store })).status).toBe(503);
  });

  it.each([
    ["a transcript", transcript().body],
    ["a large transcript", transcript().body + " ".repeat(MAX_HELD_BYTES)],
    ["what is quarantined", "no transcript"],
  ])(
    "gets other bytes than were sent of %s leads to 503, and nothing is stored",
    async (_, body) => {
      const put = (key: string, _: unknown, ...rest: []) =>
        env.TRANSCRIPTS.put(key, "other bytes", ...rest);
      const headers = { "content-length": String(body.length) };
      expect((await deliver(body, { headers, env: withStore({ put }) })).status).toBe(503);
      expect(await settledKeys()).toEqual([]);
    },
  );

  it("does not take the version leads to 503", async () => {
    const { id, body } = transcript({ seed: 1 });
    await deliver(body);
    const put = async (key: string, ...rest: [string]) => {
      if (key.startsWith("beside/")) throw new Error(RATE_LIMITED);
      return env.TRANSCRIPTS.put(key, ...rest);
    };
    const other = transcript({ seed: 2, requestId: id }).body;
    expect((await deliver(other, { env: withStore({ put }) })).status).toBe(503);
  });

  it("does not take what is quarantined leads to 503, not to 422", async () => {
    const store = withStore({ put: refuses("internal error") });
    expect((await deliver("no transcript", { env: store })).status).toBe(503);
  });
});

describe("a queue that", () => {
  it("hangs leaves a marker, and 200 is answered before Deepgram hangs up", async () => {
    const { id, body } = transcript();
    const queue = hanging();
    const FOLLOW_UP_QUEUE = faulty(env.FOLLOW_UP_QUEUE, { send: queue.method });
    const pending = deliver(body, { env: { FOLLOW_UP_QUEUE } });
    expect(await queue.answeredWithin(9_000, pending)).toBe(200);
    expect(await storedKeys()).toEqual([`callbacks/${id}`, expect.stringMatching(/^outbox\//)]);
  });

  it.each([["refuses", refuses("Queue is overloaded")]])(
    "%s leaves a marker, 200 is answered, and the sweeper sends the message once",
    async (_, fails) => {
      const { id, body } = transcript();
      const FOLLOW_UP_QUEUE = faulty(env.FOLLOW_UP_QUEUE, { send: fails });
      expect((await deliver(body, { env: { FOLLOW_UP_QUEUE } })).status).toBe(200);
      expect(await storedKeys()).toEqual([`callbacks/${id}`, expect.stringMatching(/^outbox\//)]);
      const { queue, sent } = recordingQueue();
      await sweep({ FOLLOW_UP_QUEUE: queue });
      await sweep({ FOLLOW_UP_QUEUE: queue });
      expect(sent.filter(isWork)).toEqual([{ type: "callback", request_id: id }]);
      expect(await storedKeys()).toEqual([`callbacks/${id}`]);
    },
  );

  it("still refuses leaves the marker where it is", async () => {
    const send = refuses("Queue is overloaded");
    const FOLLOW_UP_QUEUE = faulty(env.FOLLOW_UP_QUEUE, { send, sendBatch: send });
    await deliver(transcript().body, { env: { FOLLOW_UP_QUEUE } });
    await sweep({ FOLLOW_UP_QUEUE });
    expect(await storedKeys()).toHaveLength(2);
  });

  it("refuses while R2 takes no marker leads to 503, though the transcript is stored", async () => {
    const { id, body } = transcript();
    const put = async (key: string, ...rest: [string]) => {
      if (key.startsWith("outbox/")) throw new Error("internal error");
      return env.TRANSCRIPTS.put(key, ...rest);
    };
    const FOLLOW_UP_QUEUE = faulty(env.FOLLOW_UP_QUEUE, { send: refuses("overloaded") });
    const response = await deliver(body, { env: { ...withStore({ put }), FOLLOW_UP_QUEUE } });
    expect(response.status).toBe(503);
    expect(await storedText(`callbacks/${id}`)).toBe(body);
  });

  it("had more than a batch of markers waiting gets them all", async () => {
    const message = { type: "callback", request_id: crypto.randomUUID() as RequestId } as const;
    const now = new Date().toISOString();
    const markers = Array.from({ length: 130 }, () => putMarker(env.TRANSCRIPTS, message, now));
    await Promise.all(markers);
    const { queue, sent } = recordingQueue();
    await sweep({ FOLLOW_UP_QUEUE: queue });
    expect(sent.filter(isWork)).toHaveLength(130);
    expect(await storedKeys()).toEqual([]);
  });
});

it("a D1 that is away stops neither storing nor reading by id", async () => {
  const { id, body } = transcript();
  const away = refuses("D1_ERROR: Network connection lost.");
  const CATALOGUE = faulty(env.CATALOGUE, { prepare: away, batch: away, exec: away });
  expect((await deliver(body, { env: { CATALOGUE } })).status).toBe(200);
  const response = await read(id, { CATALOGUE });
  expect(response.status).toBe(200);
  expect(await response.text()).toBe(body);
});

it("an R2 that is away makes reading 503, never 404", async () => {
  const { id, body } = transcript();
  await deliver(body);
  const fails = refuses("internal error");
  const response = await read(id, withStore({ get: fails, head: fails, list: fails }));
  expect(response.status).toBe(503);
  expect(response.headers.get("cache-control")).toBe("no-store");
});

const sweep = (replaced: Partial<Env>) => runCron("* * * * *", replaced);

/** The sweeper sends a heartbeat too. */
const isWork = (body: unknown) => (body as { type: string }).type !== "heartbeat";

/** A method that never answers, and a clock to wait for what comes of it. */
function hanging() {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
  const reached = Promise.withResolvers<void>();
  return {
    method: () => {
      reached.resolve();
      return hangs();
    },
    async answeredWithin(ms: number, pending: Promise<Response>): Promise<number> {
      await reached.promise;
      // Until the Worker has set its timer, by a clock that is not played.
      await scheduler.wait(20);
      await vi.advanceTimersByTimeAsync(ms);
      return (await pending).status;
    },
  };
}
