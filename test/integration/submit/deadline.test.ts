import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, inject, it, vi } from "vitest";
import { type Channels, channels, EMAIL, PHONE } from "../../support/channels.ts";
import { consume } from "../../support/consume.ts";
import { deliver, send, transcript } from "../../support/deliver.ts";
import { faulty, recordingQueue, refuses } from "../../support/faulty.ts";
import { get, OPERATOR } from "../../support/get.ts";
import { type ProviderWorld, providerWorld } from "../../support/providers/world.ts";
import { later, workOff } from "../../support/work-off.ts";

const SIGNING_KEYS = "a-signing-key-of-the-tests-0123456789";
const DEADLINE_SECONDS = 900;

let world: Channels;
let usage: ProviderWorld<object>;
let replaced: Partial<Env>;

beforeEach(() => {
  world = channels();
  usage = providerWorld(inject("usageUrl"));
  const notify = [
    { channel: "webhook", to: "crm" },
    { channel: "email", to: EMAIL },
    { channel: "sms", to: PHONE },
  ];
  replaced = {
    ...world.env,
    SIGNING_KEYS,
    FOLLOW_UPS: JSON.stringify({ notify, translate: ["es"] }),
    DEEPGRAM_URL: usage.url,
    DEEPGRAM_API_KEY: "a-deepgram-key",
    DEEPGRAM_PROJECT_ID: "project",
  };
});

afterEach(() => {
  vi.useRealTimers();
});

const tellUsage = (id: string, record: unknown) =>
  fetch(`${usage.url}/v1/projects/project/requests/${id}`, {
    method: "PUT",
    body: JSON.stringify(record),
  });

/** Registers a request; gives its id and the message that looks for it at its deadline. */
async function expected(id: string = crypto.randomUUID()) {
  const { queue, sent, delays } = recordingQueue();
  const request = new Request("https://edge.test/v1/expected", {
    method: "POST",
    headers: { authorization: OPERATOR },
    body: JSON.stringify({ request_id: id }),
  });
  const response = await send(request, { ...replaced, FOLLOW_UP_QUEUE: queue });
  expect(response.status).toBe(201);
  return { id, sent, delays };
}

const register = (id: string, more = {}, bindings = replaced) =>
  send(
    new Request("https://edge.test/v1/expected", {
      method: "POST",
      headers: { authorization: OPERATOR },
      body: JSON.stringify({ request_id: id, ...more }),
    }),
    bindings,
  );

const statusOf = async (id: string) =>
  (await get(`/v1/transcripts/${id}/status`)).json<Record<string, unknown>>();

const eventsSent = async () =>
  (await world.webhook.state()).requests.map(({ body }) => JSON.parse(body).type);

it("a request is looked for by one delayed message, not by scanning", async () => {
  const { id, sent, delays } = await expected();
  expect(sent).toEqual([{ type: "deadline", request_id: id }]);
  expect(delays).toEqual([DEADLINE_SECONDS]);
});

it("one whose deadline is further off than a queue delays is looked for before", async () => {
  const { queue, sent, delays } = recordingQueue();
  const id = crypto.randomUUID();
  const bindings = { ...replaced, FOLLOW_UP_QUEUE: queue };
  expect((await register(id, { deadline_seconds: 259_200 }, bindings)).status).toBe(201);
  expect([sent, delays]).toEqual([[{ type: "deadline", request_id: id }], [86_400]]);
});

it("a catalogue that is away hinders nobody from being expected", async () => {
  const CATALOGUE = faulty(env.CATALOGUE, { batch: refuses("D1_ERROR: Network lost") });
  const id = crypto.randomUUID();
  expect((await register(id, {}, { ...replaced, CATALOGUE })).status).toBe(201);
  expect(await statusOf(id)).toMatchObject({ state: "expected" });
});

const PAST = "2026-01-01T00:00:00.000Z";

/** A request whose deadline is over. */
async function late(metadata: Record<string, string>): Promise<string> {
  const id = crypto.randomUUID();
  const customMetadata = { expected_at: PAST, deadline_at: PAST, ...metadata };
  await env.TRANSCRIPTS.put(`expected/${id}`, "{}", { customMetadata });
  return id;
}

/** A transcript that is there, and followed up. */
async function arrived(): Promise<string> {
  const { id, body } = transcript();
  await deliver(body);
  return id;
}

it.each([
  ["is live", async () => ({ state: "live" })],
  ["has a successor", async () => ({ state: "expected", successor: await arrived() })],
])("one that %s is not overdue", async (_, made) => {
  const metadata = await made();
  const id = await late(metadata);
  await workOff([{ type: "deadline", request_id: id }], replaced);
  const kept = await env.TRANSCRIPTS.head(`expected/${id}`);
  expect(kept?.customMetadata).toMatchObject(metadata);
  expect(await eventsSent()).toEqual([]);
  for (const query of ["", "?state=deleted"]) {
    const page = await (await get(`/v1/transcripts${query}`)).json<{ transcripts: unknown[] }>();
    expect(page.transcripts).toEqual([]);
  }
});

it("a successor of which only its id ever came has a deadline of its own", async () => {
  const successor = crypto.randomUUID();
  const id = await late({ state: "expected", successor });
  const { queue, sent, delays } = recordingQueue();
  await consume([{ type: "deadline", request_id: id }], { ...replaced, FOLLOW_UP_QUEUE: queue });
  expect(await statusOf(successor)).toMatchObject({ state: "expected" });
  expect([sent, delays]).toEqual([
    [{ type: "deadline", request_id: successor }],
    [DEADLINE_SECONDS],
  ]);
});

describe("a callback that has not come at its deadline", () => {
  it("is overdue, and every channel is notified once", async () => {
    const { id, sent } = await expected();
    later(DEADLINE_SECONDS + 1);
    for (let time = 0; time < 3; time++) await workOff(sent, replaced);
    expect(await statusOf(id)).toMatchObject({ state: "overdue" });
    expect((await get(`/v1/transcripts/${id}.vtt`)).status).toBe(504);
    expect(await eventsSent()).toEqual(["transcript.overdue"]);
    const [notice] = (await world.webhook.state()).requests;
    expect(JSON.parse(notice?.body ?? "").data).toMatchObject({ registered_by: "operator" });
    expect((await world.resend.state()).emails).toMatchObject([
      { subject: expect.stringContaining("overdue") },
    ]);
    expect((await world.twilio.state()).messages).toHaveLength(1);
    expect((await world.libretranslate.state()).translations).toEqual([]);
  });

  it("shows in its status who was notified", async () => {
    const { id, sent } = await expected();
    later(DEADLINE_SECONDS + 1);
    await workOff(sent, replaced);
    const { follow_ups } = (await statusOf(id)) as {
      follow_ups: { name: string; state: string }[];
    };
    expect(follow_ups.map(({ state }) => state)).toEqual(["done", "done", "done"]);
    expect(follow_ups.map(({ name }) => name)).toContain("webhook:crm:transcript.overdue");
  });

  it("is not overdue a moment before", async () => {
    const { id, sent } = await expected();
    later(DEADLINE_SECONDS - 5);
    const { queue, sent: again, delays } = recordingQueue();
    await consume(sent, { ...replaced, FOLLOW_UP_QUEUE: queue });
    expect(await statusOf(id)).toMatchObject({ state: "expected" });
    expect(again).toEqual(sent);
    expect(delays[0]).toBeGreaterThan(0);
    expect(delays[0]).toBeLessThanOrEqual(5);
  });

  it("is listed as overdue", async () => {
    const { id, sent } = await expected();
    const listed = async (state: string) => {
      const response = await get(`/v1/transcripts?state=${state}`);
      const { transcripts } = await response.json<{ transcripts: { request_id: string }[] }>();
      return transcripts.map(({ request_id }) => request_id);
    };
    expect(await listed("expected")).toEqual([id]);
    later(DEADLINE_SECONDS + 1);
    await workOff(sent, replaced);
    expect([await listed("expected"), await listed("overdue")]).toEqual([[], [id]]);
  });

  it("wins all the same when it comes late", async () => {
    const { id, sent } = await expected();
    later(DEADLINE_SECONDS + 1);
    await workOff(sent, replaced);
    const { body } = transcript({ requestId: id });
    await deliver(body, { env: replaced });
    await workOff([{ type: "callback", request_id: id }], replaced);
    expect(await statusOf(id)).toMatchObject({ state: "received" });
    expect(await (await get(`/v1/transcripts/${id}`)).text()).toBe(body);
    expect(await eventsSent()).toContain("transcript.received");
    const { transcripts } = await (await get("/v1/transcripts")).json<{ transcripts: unknown[] }>();
    expect(transcripts).toMatchObject([{ request_id: id, state: "received" }]);
  });

  it("is notified also when the notifier died between two steps", async () => {
    const { id, sent } = await expected();
    later(DEADLINE_SECONDS + 1);
    const FOLLOW_UP_QUEUE = faulty(recordingQueue().queue, { sendBatch: refuses("away") });
    expect((await consume(sent, { ...replaced, FOLLOW_UP_QUEUE })).acked).toEqual([]);
    await workOff(sent, replaced);
    expect(await eventsSent()).toEqual(["transcript.overdue"]);
    expect(await statusOf(id)).toMatchObject({ state: "overdue" });
  });
});

it("one that has come and was followed up is no concern", async () => {
  const { id, sent } = await expected();
  await deliver(transcript({ requestId: id }).body, { env: replaced });
  await workOff([{ type: "callback", request_id: id }], replaced);
  const before = await eventsSent();
  later(DEADLINE_SECONDS + 1);
  const { queue, sent: more } = recordingQueue();
  await consume(sent, { ...replaced, FOLLOW_UP_QUEUE: queue });
  expect(more).toEqual([]);
  expect(await eventsSent()).toEqual(before);
});

it("one stored while the queue was down is followed up at its deadline", async () => {
  const { id, sent } = await expected();
  await deliver(transcript({ requestId: id }).body, { env: replaced });
  later(DEADLINE_SECONDS + 1);
  await workOff(sent, replaced);
  expect(await statusOf(id)).toMatchObject({ state: "received" });
  expect(await eventsSent()).toContain("transcript.received");
  expect(await eventsSent()).not.toContain("transcript.overdue");
});

describe("Deepgram's records, asked at the deadline", () => {
  const RUNNING = { response: { code: null, completed: null }, callback: null };
  const FINISHED = { response: { code: 200, completed: "2026-11-24T08:00:00Z" } };
  const FAILED = { response: { code: 400, completed: "2026-11-24T08:00:00Z" } };

  it.each([
    [
      "wrapped, with the older callback",
      { request: { ...FAILED, callback: { attempts: 1, code: 500, completed: null } } },
    ],
    ["bare, with the newer callback", { ...FAILED, callback: "https://edge.test/hook" }],
  ])("that say it failed make it failed (%s)", async (_, record) => {
    const { id, sent } = await expected();
    await tellUsage(id, record);
    later(DEADLINE_SECONDS + 1);
    await workOff(sent, replaced);
    expect(await statusOf(id)).toMatchObject({
      state: "failed",
      error: { message: expect.stringContaining("400") },
    });
    expect((await get(`/v1/transcripts/${id}`)).status).toBe(424);
    expect(await eventsSent()).toEqual(["transcript.failed"]);
  });

  it("that say it is running give it time, and no more than a day", async () => {
    const { id, sent } = await expected();
    await tellUsage(id, { request: RUNNING });
    later(DEADLINE_SECONDS + 1);
    const { queue, sent: again, delays } = recordingQueue();
    await consume(sent, { ...replaced, FOLLOW_UP_QUEUE: queue });
    expect(await statusOf(id)).toMatchObject({ state: "expected" });
    expect([again, delays]).toEqual([sent, [300]]);
    later(86_400);
    await workOff(sent, replaced);
    expect(await statusOf(id)).toMatchObject({ state: "overdue" });
  });

  it.each([
    ["that it is finished", { request: FINISHED }],
    ["nothing that can be read", "what"],
    ["nothing of it", null],
  ])("that say %s leave it overdue", async (_, record) => {
    const { id, sent } = await expected();
    if (record !== null) await tellUsage(id, record);
    later(DEADLINE_SECONDS + 1);
    await workOff(sent, replaced);
    expect(await statusOf(id)).toMatchObject({ state: "overdue" });
  });

  it("are asked with the key, and only where a project is configured", async () => {
    const { id, sent } = await expected();
    later(DEADLINE_SECONDS + 1);
    await workOff(sent, { ...replaced, DEEPGRAM_PROJECT_ID: "" });
    expect((await usage.state()).requests).toEqual([]);
    const other = await expected();
    later(DEADLINE_SECONDS + 1);
    await workOff(other.sent, replaced);
    expect((await usage.state()).requests).toMatchObject([
      {
        path: `/v1/projects/project/requests/${other.id}`,
        headers: { authorization: "Token a-deepgram-key" },
      },
    ]);
    expect(await statusOf(id)).toMatchObject({ state: "overdue" });
  });
});

it("a request that is expected already keeps its deadline, and says so", async () => {
  const id = crypto.randomUUID();
  const deadlineOf = async (response: Response) =>
    (await response.json<{ deadline_at: string }>()).deadline_at;
  const first = await deadlineOf(await register(id, { deadline_seconds: 60 }));
  expect(await deadlineOf(await register(id, { deadline_seconds: 600 }))).toBe(first);
  expect(await statusOf(id)).toMatchObject({ deadline_at: first });
});

it("what is expected is forgotten when it is deleted, and cannot be expected again", async () => {
  const { id, sent } = await expected();
  const request = new Request(`https://edge.test/v1/transcripts/${id}`, {
    method: "DELETE",
    headers: { authorization: OPERATOR },
  });
  expect((await send(request, replaced)).status).toBe(204);
  later(DEADLINE_SECONDS + 1);
  await workOff(sent, replaced);
  expect(await statusOf(id)).toMatchObject({ state: "deleted" });
  expect(await eventsSent()).toEqual([]);
  expect((await register(id)).status).toBe(410);
  expect(await env.TRANSCRIPTS.head(`expected/${id}`)).toBeNull();
});
