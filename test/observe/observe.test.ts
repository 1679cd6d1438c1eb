import { env } from "cloudflare:workers";
import { afterEach, expect, it, vi } from "vitest";
import { errorBody } from "../support/bodies/errors.ts";
import { channels, EMAIL } from "../support/channels.ts";
import { consume, DEAD_LETTERS } from "../support/consume.ts";
import { deliver, SECRET, transcript } from "../support/deliver.ts";
import { faulty, refuses } from "../support/faulty.ts";
import { asOperator, get } from "../support/get.ts";
import { workOff } from "../support/work-off.ts";

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
    blobs: ["callback", "created", ""],
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
  expect(points.map(({ blobs }) => blobs.join(" "))).toEqual([
    "effect done email",
    "dead-letter callback ",
    "queue heartbeat ",
  ]);
  expect(points[2]?.doubles[2]).toBeCloseTo(90, 0);
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
