import { createScheduledController, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, it, vi } from "vitest";
import worker from "../../../src/index.ts";
import { streamScript } from "../../fake-deepgram/stream-script.ts";
import { errorBody } from "../../support/bodies/errors.ts";
import { channels, EMAIL, PHONE } from "../../support/channels.ts";
import { consume, DEAD_LETTERS } from "../../support/consume.ts";
import { deliver, SECRET, send, transcript } from "../../support/deliver.ts";
import { faulty, recordingQueue, refuses } from "../../support/faulty.ts";
import { asOperator, get, OPERATOR } from "../../support/get.ts";
import { SIGNING_KEYS } from "../../support/jobs.ts";
import { later, workOff } from "../../support/work-off.ts";
import { alarmAfter, ownerNamed, postAll } from "../live/stream.ts";

type Point = { indexes: string[]; blobs: string[]; doubles: number[] };

const LEVELS = ["log", "info", "warn", "error"] as const;

/** Everything that is logged and counted from now on. */
function watched() {
  const points: Point[] = [];
  const lines: string[] = [];
  for (const level of LEVELS) {
    vi.spyOn(console, level).mockImplementation((line: unknown) => lines.push(String(line)));
  }
  const METRICS: AnalyticsEngineDataset = {
    writeDataPoint: (point) => points.push(point as Point),
  };
  return {
    points,
    lines,
    METRICS,
    outcomes: () => points.map(({ blobs: [, outcome] }) => outcome),
  };
}

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

it("each outcome of a callback is a data point and a line with the same facts", async () => {
  const { METRICS, points, lines, outcomes } = watched();
  const { id, body } = transcript();
  await deliver(body, { env: { METRICS } });
  await deliver(body, { env: { METRICS } });
  await deliver(transcript({ requestId: id, seed: 9 }).body, { env: { METRICS } });
  await deliver("nothing", { env: { METRICS } });
  await deliver(body, { env: { METRICS }, authorization: null });
  await deliver(errorBody("err_code", crypto.randomUUID()), { env: { METRICS } });
  await asOperator(`/v1/transcripts/${id}`, "DELETE");
  await deliver(body, { env: { METRICS } });
  const TRANSCRIPTS = faulty(env.TRANSCRIPTS, { put: refuses("away") });
  await deliver(transcript().body, { env: { METRICS, TRANSCRIPTS } });
  expect(outcomes()).toEqual([
    "created",
    "duplicate",
    "conflict",
    "quarantined",
    "unverified",
    "created",
    "deleted",
    "unavailable",
  ]);
  expect(points.map(({ blobs: [, , reason] }) => reason).slice(3, 6)).toEqual([
    "not-json",
    "",
    "failed",
  ]);
  const [first] = points;
  expect(first).toEqual({
    indexes: ["callback"],
    blobs: ["callback", "created", "", ""],
    doubles: [expect.any(Number), body.length, 0],
  });
  const line = JSON.parse(lines.find((one) => one.includes('"created"')) ?? "");
  expect(line).toMatchObject({ event: "callback", request_id: id, bytes: body.length });
  expect(line.ms).toBe(first?.doubles[0]);
});

it("effects, dead letters and the age of the queue are counted", async () => {
  const { METRICS, points } = watched();
  const world = channels();
  const { id, body } = transcript({ extra: { notify_email: EMAIL } });
  await deliver(body);
  await workOff([{ type: "callback", request_id: id }], { ...world.env, METRICS });
  await consume([{ type: "callback", request_id: id }], { METRICS }, { queue: DEAD_LETTERS });
  await consume([{ type: "heartbeat", sent_at: Date.now() - 90_000 }], { METRICS });
  const { queue } = recordingQueue();
  const controller = createScheduledController({ cron: "* * * * *" });
  await worker.scheduled(controller, { ...env, METRICS, FOLLOW_UP_QUEUE: queue });
  expect(points.map(({ blobs }) => blobs.join(" "))).toEqual([
    "effect done  email",
    "dead-letter callback  ",
    "queue heartbeat  ",
    "queue waiting  ",
  ]);
  for (const point of points.slice(2)) expect(point.doubles[2]).toBeCloseTo(90, 0);
});

it("a dead letter is counted when it is kept, not each time that it has to wait", async () => {
  const { METRICS, outcomes } = watched();
  const world = channels();
  const { id, body } = transcript({ extra: { notify_email: EMAIL } });
  await deliver(body);
  const { queue, sent } = recordingQueue();
  const replaced = { ...world.env, FOLLOW_UP_QUEUE: queue };
  await consume([{ type: "callback", request_id: id }], replaced, { attempts: 2 });
  const giveUp = () => consume(sent, { ...world.env, METRICS }, { queue: DEAD_LETTERS });
  expect((await giveUp()).retried).toHaveLength(1);
  expect(outcomes()).toEqual([]);
  later(301);
  await giveUp();
  expect(outcomes()).toEqual(["effect"]);
});

it("a stream is received when it has ended, and one that may not begin is refused", async () => {
  const { METRICS, points } = watched();
  const its = streamScript({ requestId: crypto.randomUUID(), marks: false });
  await postAll(its.messages, { env: { METRICS } });
  expect(points).toEqual([]);
  await runInDurableObject(ownerNamed(its.requestId), (instance) => {
    Object.assign(instance, { env: { ...env, METRICS } });
  });
  await alarmAfter(its.requestId, 3);
  const request = new Request("https://edge.test/hook", { headers: { upgrade: "websocket" } });
  await send(request, { METRICS });
  await send(request, { METRICS, CALLBACK_CREDENTIALS: "", CALLBACK_SECRETS: "" });
  expect(points.map(({ blobs }) => blobs.join(" "))).toEqual([
    "callback created live ",
    "callback unverified live ",
    "callback unconfigured live ",
  ]);
});

it("a dataset that throws, or is not there, stops nothing", async () => {
  watched();
  const throwing: AnalyticsEngineDataset = {
    writeDataPoint: () => {
      throw new Error("too many");
    },
  };
  expect((await deliver(transcript().body, { env: { METRICS: throwing } })).status).toBe(200);
  expect((await deliver(transcript().body, { env: { METRICS: undefined as never } })).status).toBe(
    200,
  );
});

it("no line and no data point has a secret or a word of a transcript", async () => {
  const { METRICS, points, lines } = watched();
  const world = channels();
  await world.resend.fail([{ status: 422 }, { status: 500 }]);
  const { id, body } = transcript({ callbackSecret: SECRET, extra: { notify_email: EMAIL } });
  const spoken = JSON.parse(body).results.channels[0].alternatives[0].transcript as string;
  await deliver(body, { authorization: null, env: { METRICS } });
  await deliver(errorBody("err_code", crypto.randomUUID()), { env: { METRICS } });
  await deliver("not json at all", { env: { METRICS } });
  await workOff([{ type: "callback", request_id: id }], { ...world.env, METRICS });
  await get(`/v1/transcripts/${id}`);
  const said = lines.join("\n") + JSON.stringify(points);
  expect(lines.length).toBeGreaterThan(3);
  for (const secret of [SECRET, "first-password", "read-token", "not json at all", spoken]) {
    expect(said).not.toContain(secret);
  }
});

it("no line and no data point has a provider's answer, or a recipient", async () => {
  const { METRICS, points, lines } = watched();
  const world = channels();
  const { id, body } = transcript({
    words: 30,
    extra: { notify_email: EMAIL, notify_sms: PHONE, translate: "es" },
  });
  const spoken = JSON.parse(body).results.channels[0].alternatives[0].transcript.split(" ");
  await deliver(body, { env: { METRICS } });
  for (const provider of [world.resend, world.twilio, world.libretranslate]) {
    await provider.fail({ status: 400, echo: true });
  }
  const healthWith = async (replaced: Partial<Env>) => {
    const env = { ...world.env, METRICS, SIGNING_KEYS, ...replaced };
    await workOff([{ type: "callback", request_id: id }], env);
    const response = await get(`/v1/transcripts/${id}/status`);
    const { follow_ups } = await response.json<{ follow_ups: { last_error: string }[] }>();
    return follow_ups.map(({ last_error }) => last_error).join("\n");
  };
  const first = await healthWith({});
  const echo =
    (code: string) =>
    (...given: unknown[]) =>
      Promise.reject(
        Object.assign(new Error(`${code}: ${JSON.stringify(given.at(-1))}`), {
          code: JSON.stringify(given.at(-1)),
        }),
      );
  for (const name of [`email:${EMAIL}:transcript.received`, "translate:es"]) {
    const { queue, sent } = recordingQueue();
    const path = `/v1/transcripts/${id}/follow-ups/${encodeURIComponent(name)}/retry`;
    const headers = { authorization: OPERATOR };
    await get(path, { method: "POST", headers, env: { FOLLOW_UP_QUEUE: queue } });
    await workOff(sent, {
      ...world.env,
      METRICS,
      SIGNING_KEYS,
      TRANSLATOR: "workers-ai",
      EMAIL_PROVIDER: "cloudflare",
      AI: { run: echo("5007") } as unknown as Ai,
      EMAIL: { send: echo("E_DELIVERY_FAILED") } as unknown as SendEmail,
    });
  }
  const second = await healthWith({});
  const said = lines.join("\n") + JSON.stringify(points);
  const threes = spoken.slice(2).map((_: string, at: number) => spoken.slice(at, at + 3).join(" "));
  for (const errors of [first, second]) {
    expect(errors).toContain(EMAIL);
    expect(threes.some((words: string) => errors.includes(words))).toBe(true);
  }
  for (const word of [EMAIL, PHONE, PHONE.slice(1), ...threes]) expect(said).not.toContain(word);
  const reasons = points
    .filter(({ blobs: [event] }) => event === "effect")
    .map(({ blobs }) => blobs);
  expect(reasons.map(([, ...blobs]) => blobs.join(" ")).sort()).toEqual([
    "failed Cloudflare E_DELIVERY_FAILED email",
    "failed LibreTranslate answered 400 translate",
    "failed Resend answered 400 email",
    "failed Twilio answered 400, error 21211 sms",
    "failed Workers AI 5007 translate",
  ]);
  for (const channel of ["email", "sms"]) {
    expect(said).toMatch(new RegExp(`"effect":"${channel}:[0-9a-f]{8}:transcript.received"`));
  }
});

it("GET /health tells operators, and nobody else, whether the storage answers", async () => {
  const open = await get("/health", { headers: { authorization: "" } });
  expect(await open.json()).not.toHaveProperty("storage");
  expect(await (await get("/health")).json()).not.toHaveProperty("storage");
  const fine = await asOperator("/health");
  expect(fine.status).toBe(200);
  expect(await fine.json()).toMatchObject({
    status: "ok",
    storage: {
      r2: { reachable: true },
      d1: { reachable: true },
      kv: { reachable: true },
      outbox: { messages: 0, oldest_seconds: 0 },
    },
  });
  const away = await get("/health", {
    headers: { authorization: "Bearer admin-token" },
    env: { TRANSCRIPTS: faulty(env.TRANSCRIPTS, { head: refuses("away"), list: refuses("away") }) },
  });
  expect(away.status).toBe(503);
  expect(await away.json()).toMatchObject({
    status: "storage-unavailable",
    storage: { r2: { reachable: false }, d1: { reachable: true }, outbox: null },
  });
});
