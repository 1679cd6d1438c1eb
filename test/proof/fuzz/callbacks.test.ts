import { beforeEach, expect, inject, it, vi } from "vitest";
import { streamScript } from "../../fake-deepgram/stream-script.ts";
import { alarmAfter } from "../../integration/live/stream.ts";
import { type Channels, channels } from "../../support/channels.ts";
import { consume } from "../../support/consume.ts";
import { BASIC, SECRET, send, settledKeys, transcript } from "../../support/deliver.ts";
import { fc } from "../../support/fast-check.ts";
import { recordingQueue } from "../../support/faulty.ts";
import { get } from "../../support/get.ts";
import { call } from "../../support/jobs.ts";
import { jobIn, OWNERS, register } from "../../support/owners.ts";
import { workOff } from "../../support/work-off.ts";
import { API_RATE_LIMIT, checkAnswer, kept, SIGNING_KEYS } from "./answers.ts";
import { anyBody, bytesOf, mutated, renamed } from "./bodies.ts";
import { CLOSED, OPEN } from "./doors.ts";
import { expectKept, expectLive, expectQuarantined, statusOf, takeQuarantined } from "./kept.ts";
import { anyText } from "./values.ts";
import { anyWay, deliverBy } from "./ways.ts";

const isLong = inject("isLong");
const RUNS = isLong ? 3_000 : 150;
const SEED = isLong ? Date.now() % 2 ** 31 : 42;
const TIMEOUT = { timeout: isLong ? 1_800_000 : 300_000 };
const FORMATS = ["json", "vtt", "srt", "txt", "md", "csv", "jsonl", "html"];

let world: Channels;
let replaced: Partial<Env>;

beforeEach(() => {
  world = channels();
  replaced = { ...world.env, SIGNING_KEYS, API_RATE_LIMIT };
});

const read = (path: string) => get(path, { env: replaced });

type CallbackMessage = { type: string; request_id: string };

/** Does all that follows a callback; gives how each effect ended, by its name. */
async function followUp(callback: CallbackMessage): Promise<[name: string, state: string][]> {
  const { queue, sent } = recordingQueue();
  const { retried } = await consume([callback], { ...replaced, FOLLOW_UP_QUEUE: queue });
  expect(retried).toEqual([]);
  await workOff(sent, replaced).finally(() => vi.useRealTimers());
  const { follow_ups } = await statusOf(callback.request_id);
  return follow_ups.map(({ name, state }) => [name, state]);
}

/** How many receivers and providers were notified, by channel; a repetition counts. */
async function notifiedByChannel(): Promise<Record<string, number>> {
  const { messages } = await world.twilio.state();
  const { emails } = await world.resend.state();
  const { requests } = await world.webhook.state();
  return { sms: messages.length, email: emails.length, webhook: requests.length };
}

it(
  "whatever a verified callback says and however it comes, it is kept as it came or set aside, and can be followed up and read",
  TIMEOUT,
  async () => {
    console.info(`seed ${SEED}`);
    const counts: Record<string, number> = {};
    const count = (name: string) => {
      counts[name] = (counts[name] ?? 0) + 1;
    };
    const done: Record<string, number> = { sms: 0, email: 0, webhook: 0, translate: 0 };
    const doors = fc.constantFrom(...Object.values(OPEN));
    await fc.assert(
      fc.asyncProperty(anyBody, anyWay, doors, async (any, way, door) => {
        const { id, body } = renamed(any);
        await takeQuarantined();
        const { queue, sent: messages } = recordingQueue();
        const env = { ...replaced, FOLLOW_UP_QUEUE: queue };
        const { answering, sent, fault } = deliverBy(body, way, { env, ...(await door()) });
        const { status } = await checkAnswer(answering, "/hook");
        const callbacks = (messages as CallbackMessage[]).filter(({ type }) => type === "callback");
        await settledKeys();
        count(fault ?? String(status));
        if (fault !== null) {
          expect(status).toBe(fault === "too large" ? 413 : 400);
          expect([callbacks, await takeQuarantined()]).toEqual([[], []]);
          return;
        }
        expect([200, 422]).toContain(status);
        if (status === 422) return expectQuarantined(sent);
        expect(await takeQuarantined()).toEqual([]);
        const [callback, ...more] = callbacks;
        expect(more).toEqual([]);
        if (callback === undefined) return expectLive(id, sent);
        count(await expectKept(callback.request_id, sent));
        for (const [name, state] of await followUp(callback)) {
          expect([name, state]).toEqual([name, expect.stringMatching(/^(done|failed)$/)]);
          const channel = name.split(":")[0] ?? "";
          if (state === "done") done[channel] = (done[channel] ?? 0) + 1;
        }
        const path = `/v1/transcripts/${callback.request_id}`;
        for (const format of FORMATS) await checkAnswer(read(`${path}.${format}`), path);
        await checkAnswer(read(`${path}/search?q=the`), path);
      }),
      { numRuns: RUNS, seed: SEED },
    );
    console.info(JSON.stringify({ counts, done }));
    for (const met of ["200", "422", "interrupted", "too large", "received", "failed"]) {
      expect(counts[met] ?? 0, met).toBeGreaterThan(0);
    }
    expect(counts.received).toBeGreaterThan(RUNS / 10);
    const { translate, ...notified } = done;
    expect(await notifiedByChannel()).toEqual(notified);
    expect(Math.min(translate ?? 0, ...Object.values(notified))).toBeGreaterThan(RUNS / 50);
  },
);

/** Sends messages over a WebSocket and closes it; gives the code of its end. */
async function overSocket(
  path: string,
  authorization: string,
  messages: readonly (string | Uint8Array)[],
  env: Partial<Env>,
): Promise<number | undefined> {
  const headers = { upgrade: "websocket", authorization };
  const { status, webSocket } = await send(
    new Request(`https://edge.test${path}`, { headers }),
    env,
  );
  expect(status).toBe(101);
  const closed = new Promise<CloseEvent>((resolve) => {
    webSocket?.addEventListener("close", resolve);
  });
  webSocket?.accept();
  for (const each of messages) webSocket?.send(each);
  webSocket?.close(1000);
  const end = await Promise.race([closed, scheduler.wait(5_000)]);
  return end?.code;
}

it(
  "whatever a job says of a request that another token expects, streams or has, that stays as it is",
  TIMEOUT,
  async () => {
    const env = { ...replaced, ...OWNERS };
    const state = fc.constantFrom("expected", "live", "received");
    const isSocket = fc.oneof(
      { weight: 4, arbitrary: fc.constant(false) },
      { weight: 1, arbitrary: fc.constant(true) },
    );
    const counts: Record<string, number> = {};
    await fc.assert(
      fc.asyncProperty(anyBody, anyWay, state, isSocket, async (any, way, state, isSocket) => {
        const { id, body } = renamed(any);
        const hers = await register("alice", { request_id: id }, { API_RATE_LIMIT });
        expect(hers.status).toBe(201);
        const its = transcript({ requestId: id }).body;
        const [first] = streamScript({ requestId: id, marks: false }).messages;
        if (state === "received") expect((await call(its, jobIn(hers))).status).toBe(200);
        if (state === "live") {
          expect((await call(JSON.stringify(first?.message), jobIn(hers))).status).toBe(200);
        }
        const before = await statusOf(id);
        expect(before).toMatchObject({ state });
        const { name, authorization } = jobIn(await register("bob", {}, { API_RATE_LIMIT }));
        const door = { path: `/hook/${name}`, authorization };
        if (isSocket) {
          const code = await overSocket(door.path, authorization, [body], env);
          expect([1000, 1008, 1009]).toContain(code);
          // What the end of his stream would store.
          await alarmAfter(name, 1);
          counts.socket = (counts.socket ?? 0) + 1;
        } else {
          const { answering } = deliverBy(body, way, { env, ...door });
          const { status } = await checkAnswer(answering, "/hook");
          counts[status] = (counts[status] ?? 0) + 1;
        }
        expect(await statusOf(id)).toEqual(before);
        // Her own callback is taken all the same.
        expect((await call(its, jobIn(hers))).status).toBe(200);
        expect(await statusOf(id)).toMatchObject({ state: "received", conflicts: [] });
      }),
      { numRuns: RUNS, seed: SEED },
    );
    console.info(JSON.stringify(counts));
    for (const met of ["200", "422", "socket"]) expect(counts[met] ?? 0, met).toBeGreaterThan(0);
  },
);

it(
  "whatever an unverified callback says and however it comes, nothing is kept",
  TIMEOUT,
  async () => {
    const before = await kept();
    const closed = fc.oneof(
      fc.constantFrom(...Object.values(CLOSED)),
      anyText.map((text) => async () => ({
        path: "/hook",
        authorization: `Basic ${bytesOf(text).toBase64()}`,
      })),
      fc.constant(async () => ({ path: "/hook", authorization: null })),
    );
    await fc.assert(
      fc.asyncProperty(anyBody, anyWay, closed, async (body, way, door) => {
        if (new TextDecoder().decode(body).includes(SECRET)) return;
        const { answering, fault } = deliverBy(body, way, { env: replaced, ...(await door()) });
        const { status } = await checkAnswer(answering, "/hook");
        // Only the first 256 KiB are read for a secret: a body that breaks off later is unverified.
        if (fault === "too large") expect(status).toBe(413);
        else expect(fault === null ? [401] : [400, 401]).toContain(status);
        expect(await kept()).toEqual(before);
      }),
      { numRuns: RUNS, seed: SEED },
    );
  },
);

it(
  "whatever a WebSocket says, it is answered by nothing or closed, and the Worker keeps running",
  TIMEOUT,
  async () => {
    const message = fc.oneof(
      mutated.map((body) => new TextDecoder().decode(body)),
      mutated,
      anyText,
    );
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 5 }), async (messages) => {
        const code = await overSocket("/hook", BASIC, messages, replaced);
        expect(code).not.toBe(1011);
        expect(code).toBeDefined();
      }),
      { numRuns: Math.ceil(RUNS / 5), seed: SEED },
    );
  },
);
