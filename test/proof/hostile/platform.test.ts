import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { randomFrom } from "../../support/bodies/random.ts";
import { type Channels, channels } from "../../support/channels.ts";
import { consume } from "../../support/consume.ts";
import { deliver, send, transcript } from "../../support/deliver.ts";
import { faulty, recordingQueue, refuses } from "../../support/faulty.ts";
import { get, OPERATOR } from "../../support/get.ts";
import { later, twice, type Waiting, workOff } from "../../support/work-off.ts";

const HOUR_SECONDS = 3_600;
const SLOW_MS = 9_000;
const TOO_SLOW_MS = 200_000;
const STEP_MS = 5_000;
const BUSY = refuses("Reduce your concurrent request rate for the same object. (10058)");

let world: Channels;
let own: Partial<Env>;

beforeEach(() => {
  world = channels();
  own = {
    ...world.env,
    SIGNING_KEYS: "a-signing-key-of-the-tests-0123456789",
    FOLLOW_UPS: '{"notify":[{"channel":"webhook","to":"crm"}]}',
  };
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const callback = (id: string) => ({ type: "callback", request_id: id });

const read = (id: string, replaced: Partial<Env> = {}) =>
  get(`/v1/transcripts/${id}`, { env: { ...own, ...replaced } });

const operate = (method: string, path: string, body?: object, replaced: Partial<Env> = {}) =>
  send(
    new Request(`https://edge.test${path}`, {
      method,
      headers: { authorization: OPERATOR },
      ...(body && { body: JSON.stringify(body) }),
    }),
    { ...own, ...replaced },
  );

/** The webhook ids that the customer has had, in their order. */
async function notified(): Promise<string[]> {
  const { requests } = await world.webhook.state();
  return requests.map(({ headers }) => headers["webhook-id"] ?? "");
}

async function stored(): Promise<{ id: string; body: string }> {
  const made = transcript();
  expect((await deliver(made.body, { env: own })).status).toBe(200);
  return made;
}

/** A stored transcript whose one effect is planned; its message. */
async function planned(): Promise<unknown> {
  const { id } = await stored();
  const { queue, sent } = recordingQueue();
  await consume([callback(id)], { ...own, FOLLOW_UP_QUEUE: queue }, { attempts: 2 });
  expect(sent).toHaveLength(1);
  return sent[0];
}

/** R2 that answers the first write of each object, and no other. */
function busyAtTheEnd(): R2Bucket {
  const written = new Set<string>();
  const put = (key: string, ...rest: [string]) => {
    if (written.has(key)) return BUSY();
    written.add(key);
    return env.TRANSCRIPTS.put(key, ...rest);
  };
  return faulty(env.TRANSCRIPTS, { put });
}

/** R2 whose every answer takes so long on a clock that is moved on. */
function slowBucket(ms = SLOW_MS): R2Bucket {
  const methods = ["head", "get", "put", "list", "delete"] as const;
  const slow = methods.map((name) => [
    name,
    async (...args: never[]) => {
      const work = env.TRANSCRIPTS[name] as (...given: never[]) => Promise<unknown>;
      const found = await work.apply(env.TRANSCRIPTS, args);
      await new Promise((resolve) => setTimeout(resolve, ms));
      return found;
    },
  ]);
  return faulty(env.TRANSCRIPTS, Object.fromEntries(slow));
}

/** Moves the clock on until something is settled; gives how long that took on it. */
async function onFakeTime<Value>(
  work: () => Promise<Value>,
  stepMs = 250,
): Promise<{ value: Value; ms: number }> {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"], now: Date.now() });
  const started = Date.now();
  let isDone = false;
  const working = work().finally(() => {
    isDone = true;
  });
  while (!isDone) {
    await vi.advanceTimersByTimeAsync(stepMs);
    await scheduler.wait(1);
  }
  return { value: await working, ms: Date.now() - started };
}

describe("a KV that does not know yet what was written", () => {
  it("stands in the way of no callback and no read", async () => {
    const SETTINGS = faulty(env.SETTINGS, { get: async () => null });
    const { id, body } = transcript();
    expect((await deliver(body, { env: { ...own, SETTINGS } })).status).toBe(200);
    expect(await (await read(id, { SETTINGS })).text()).toBe(body);
  });

  it("refuses a new token for that minute, and no longer", async () => {
    const { id } = await stored();
    const made = await operate("POST", "/v1/tokens", { name: "fresh", scopes: ["read"] });
    const { token } = await made.json<{ token: string }>();
    const headers = { authorization: `Bearer ${token}` };
    const path = `/v1/transcripts/${id}`;
    const SETTINGS = faulty(env.SETTINGS, { get: async () => null });
    expect((await get(path, { headers, env: { ...own, SETTINGS } })).status).toBe(401);
    expect((await get(path, { headers, env: own })).status).toBe(200);
  });

  it("lets a revoked token live as long as it answers what was, and no longer", async () => {
    const { id } = await stored();
    const made = await operate("POST", "/v1/tokens", { name: "gone", scopes: ["read"] });
    const { token } = await made.json<{ token: string }>();
    const headers = { authorization: `Bearer ${token}` };
    const path = `/v1/transcripts/${id}`;
    const before = new Map<string, unknown>();
    for (const { name } of (await env.SETTINGS.list()).keys) {
      before.set(name, await env.SETTINGS.get(name, "json"));
    }
    expect((await operate("DELETE", "/v1/tokens/gone")).status).toBe(204);
    const SETTINGS = faulty(env.SETTINGS, { get: async (key: string) => before.get(key) ?? null });
    expect((await get(path, { headers, env: { ...own, SETTINGS } })).status).toBe(200);
    expect((await get(path, { headers, env: own })).status).toBe(401);
  });
});

describe("an R2 that answers 429", () => {
  const TRANSCRIPTS = faulty(env.TRANSCRIPTS, { put: BUSY, get: BUSY, head: BUSY, list: BUSY });

  it("is a 503 that may be asked again, to Deepgram and to clients", async () => {
    const { id, body } = transcript();
    const refused = await deliver(body, { env: { ...own, TRANSCRIPTS } });
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "30"]);
    expect((await deliver(body, { env: own })).status).toBe(200);
    const unread = await read(id, { TRANSCRIPTS });
    expect([unread.status, unread.headers.get("cache-control")]).toEqual([503, "no-store"]);
    expect(await unread.text()).not.toContain("10058");
    expect(await (await read(id)).text()).toBe(body);
  });

  it("has the follow-ups wait, and then be done once", async () => {
    const { id } = await stored();
    const { queue, sent } = recordingQueue();
    const replaced = { ...own, FOLLOW_UP_QUEUE: queue };
    const { retried } = await consume([callback(id)], { ...replaced, TRANSCRIPTS });
    expect(retried).toHaveLength(1);
    await workOff([callback(id), ...sent], own);
    expect(await notified()).toHaveLength(1);
  });

  it("has an effect wait that it does not let be claimed, and then be done once", async () => {
    const effect = await planned();
    vi.stubGlobal("scheduler", { wait: async () => {} });
    const busy = { ...own, TRANSCRIPTS: faulty(env.TRANSCRIPTS, { put: BUSY }) };
    expect((await consume([effect], busy)).retried).toHaveLength(1);
    expect(await notified()).toEqual([]);
    await workOff([effect], own);
    expect(await notified()).toHaveLength(1);
  });

  it("has an effect repeated, under the same id, that it does not let be closed", async () => {
    const effect = await planned();
    vi.stubGlobal("scheduler", { wait: async () => {} });
    const busy = { ...own, TRANSCRIPTS: busyAtTheEnd() };
    expect((await consume([effect], busy)).retried).toHaveLength(1);
    expect(await notified()).toHaveLength(1);
    await workOff([effect, effect], own);
    const webhooks = await notified();
    expect([webhooks.length, new Set(webhooks).size]).toEqual([2, 1]);
  });
});

describe("an R2 that takes nine seconds for each answer", () => {
  it("is a 503 before Deepgram hangs up, and the retry finds the body stored", async () => {
    const { id, body } = transcript();
    const slow = { ...own, TRANSCRIPTS: slowBucket() };
    const { value, ms } = await onFakeTime(() => deliver(body, { env: slow }));
    expect(value.status).toBe(503);
    expect(ms).toBeLessThanOrEqual(10_000);
    vi.useRealTimers();
    expect((await deliver(body, { env: own })).status).toBe(200);
    expect(await (await read(id)).text()).toBe(body);
  });

  it("is waited for by the follow-ups, which are done once", async () => {
    const { id } = await stored();
    const { queue, sent } = recordingQueue();
    const slow = { ...own, TRANSCRIPTS: slowBucket(), FOLLOW_UP_QUEUE: queue };
    const { value } = await onFakeTime(() => consume([callback(id)], slow));
    vi.useRealTimers();
    later(HOUR_SECONDS);
    await workOff([...(value.retried.length > 0 ? [callback(id)] : []), ...sent], own);
    expect(await notified()).toHaveLength(1);
  });

  it("is waited for by an effect, whose copies wait for their turn", async () => {
    const effect = await planned();
    const slow = { ...own, TRANSCRIPTS: slowBucket() };
    const { value } = await onFakeTime(() => consume([effect, effect], slow));
    expect([value.acked.length, value.retried.length]).toEqual([1, 1]);
    await workOff([effect], own);
    expect(await notified()).toHaveLength(1);
  });
});

describe("an R2 that takes longer than a consumer waits", () => {
  it.each([
    ["a callback", async () => callback((await stored()).id)],
    ["an effect", planned],
  ])("has %s come again, and what ends late settles nothing", async (_, message) => {
    const work = await message();
    const { queue, sent } = recordingQueue();
    const slow = { ...own, TRANSCRIPTS: slowBucket(TOO_SLOW_MS), FOLLOW_UP_QUEUE: queue };
    const { value } = await onFakeTime(() => consume([work], slow), STEP_MS);
    expect(value).toMatchObject({ acked: [], retried: [{ id: "m0" }] });
    // `consume` throws when a message is settled twice.
    await onFakeTime(() => new Promise((late) => setTimeout(late, 10 * TOO_SLOW_MS)), STEP_MS);
    vi.useRealTimers();
    later(HOUR_SECONDS);
    await workOff([work, ...sent], own);
    expect(new Set(await notified()).size).toBe(1);
  });
});

describe("a queue", () => {
  it("that delivers everything twice, in any order and an hour late, has each effect happen once", async () => {
    const ids: string[] = [];
    for (let nth = 0; nth < 6; nth++) ids.push((await stored()).id);
    const random = randomFrom(7);
    const doubled = twice();
    const shuffle = (waiting: Waiting[]) =>
      doubled(waiting)
        .map((one) => ({ one, at: random() }))
        .sort((a, b) => a.at - b.at)
        .map(({ one }) => one);
    await workOff(ids.map(callback), own, shuffle);
    later(HOUR_SECONDS);
    await workOff(ids.map(callback), own, shuffle);
    const webhooks = await notified();
    expect(webhooks).toHaveLength(ids.length);
    expect(new Set(webhooks).size).toBe(ids.length);
  });

  it("that delivers the same message to two consumers at once has its effect happen once", async () => {
    const { id } = await stored();
    const { queue, sent } = recordingQueue();
    const replaced = { ...own, FOLLOW_UP_QUEUE: queue };
    await Promise.all([consume([callback(id)], replaced), consume([callback(id)], replaced)]);
    const effects = sent.splice(0);
    const settled = await Promise.all(effects.map((one) => consume([one, one], replaced)));
    const again = settled.flatMap(({ retried }) => retried);
    later(HOUR_SECONDS);
    await workOff([...again.map(() => effects[0]), ...sent], own);
    expect(await notified()).toHaveLength(1);
  });
});

describe.each([
  ["forward", HOUR_SECONDS],
  ["back", -HOUR_SECONDS],
])("a clock that jumps %s by an hour", (_, seconds) => {
  it("between storing and following up changes nothing", async () => {
    const { id, body } = await stored();
    later(seconds);
    await workOff([callback(id)], own);
    expect(await notified()).toHaveLength(1);
    expect(await (await read(id)).text()).toBe(body);
  });

  it("between an attempt that failed and the next has the effect happen once", async () => {
    const { id } = await stored();
    await world.webhook.fail({ status: 503 });
    const { queue, sent } = recordingQueue();
    const replaced = { ...own, FOLLOW_UP_QUEUE: queue };
    await consume([callback(id)], replaced);
    const effects = sent.splice(0);
    const { retried } = await consume(effects, replaced);
    expect(retried).toHaveLength(1);
    later(seconds);
    await workOff(effects, own);
    const webhooks = await notified();
    expect(webhooks).toHaveLength(2);
    expect(new Set(webhooks).size).toBe(1);
  });

  it("leaves the credential of a job good, and a copy a copy", async () => {
    const created = await operate("POST", "/v1/expected", {});
    const { callback_url } = await created.json<{ callback_url: string }>();
    const { pathname, username, password } = new URL(callback_url);
    const { id, body } = transcript();
    const authorization = `Basic ${btoa(`${username}:${password}`)}`;
    later(seconds);
    const first = await deliver(body, { env: own, path: pathname, authorization });
    later(-2 * seconds);
    const copy = await deliver(body, { env: own, path: pathname, authorization });
    expect([first.status, copy.status]).toEqual([200, 200]);
    expect(await (await read(id)).text()).toBe(body);
  });
});
