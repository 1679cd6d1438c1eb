import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, inject, it, vi } from "vitest";
import { type Channels, channels } from "../../support/channels.ts";
import { consume } from "../../support/consume.ts";
import { deliver, storedKeys, transcript } from "../../support/deliver.ts";
import { fc } from "../../support/fast-check.ts";
import { faulty, recordingQueue } from "../../support/faulty.ts";
import { get, OPERATOR } from "../../support/get.ts";
import { later, workOff } from "../../support/work-off.ts";

const isLong = inject("isLong");
const isFull = inject("isFull");
const OPTIONS = {
  numRuns: isLong ? 200 : isFull ? 10 : 4,
  seed: isLong ? Date.now() % 2 ** 31 : 47,
  endOnFailure: true,
};
const TIMEOUT = { timeout: isLong ? 1_800_000 : 180_000 };
/** By then a deletion has looked a second time. */
const ERASED_AGAIN_SECONDS = 200;

let world: Channels;
let own: Partial<Env>;

beforeEach(() => {
  world = channels();
  own = { ...world.env, FOLLOW_UPS: '{"notify":[{"channel":"webhook","to":"crm"}]}' };
});

afterEach(() => {
  vi.useRealTimers();
});

/** Bindings of which every operation begins when the schedule says so. */
function raced(schedule: fc.Scheduler) {
  const inTurn =
    <Args extends unknown[], Value>(name: string, work: (...args: Args) => Promise<Value>) =>
    async (...args: Args): Promise<Value> => {
      await schedule.schedule(Promise.resolve(), `${name} ${String(args[0]).slice(0, 40)}`);
      return work(...args);
    };
  const bucket = env.TRANSCRIPTS;
  const TRANSCRIPTS = faulty(bucket, {
    head: inTurn("head", bucket.head.bind(bucket)),
    get: inTurn("get", bucket.get.bind(bucket) as never),
    put: inTurn("put", bucket.put.bind(bucket) as never),
    list: inTurn("list", bucket.list.bind(bucket)),
    delete: inTurn("delete", bucket.delete.bind(bucket)),
  });
  const { queue, sent } = recordingQueue();
  const send = inTurn("send", queue.send.bind(queue));
  const sendBatch = inTurn("send", queue.sendBatch.bind(queue) as never);
  const FOLLOW_UP_QUEUE = faulty(queue, { send, sendBatch });
  return { sent, env: { ...own, TRANSCRIPTS, FOLLOW_UP_QUEUE } };
}

const races = (what: string, play: (schedule: fc.Scheduler) => Promise<void>) =>
  it(what, TIMEOUT, () =>
    fc.assert(
      fc.asyncProperty(fc.scheduler(), async (schedule) => {
        await play(schedule);
        vi.useRealTimers();
      }),
      OPTIONS,
    ),
  );

const callback = (id: string) => ({ type: "callback", request_id: id });

const readText = async (id: string, query = "") =>
  (await get(`/v1/transcripts/${id}${query}`, { env: own })).text();

async function digestOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(digest).toHex();
}

const keysOf = async (id: string) => (await storedKeys()).filter((key) => key.includes(id));

/** How many notifications of a request its receiver has had. */
async function toldOf(id: string): Promise<number> {
  const { requests } = await world.webhook.state();
  return requests.filter(({ body }) => body.includes(id)).length;
}

races("three copies at once are one transcript, notified once", async (schedule) => {
  const { id, body } = transcript();
  const { env: replaced, sent } = raced(schedule);
  const copies = [1, 2, 3].map(() => deliver(body, { env: replaced }));
  const answers = await schedule.waitFor(Promise.all(copies));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(await readText(id)).toBe(body);
  expect(await keysOf(id)).toEqual([`callbacks/${id}`]);
  expect(sent).toHaveLength(3);
  await workOff(sent, own);
  expect(await toldOf(id)).toBe(1);
});

races("three bodies at once are all kept, one of them first", async (schedule) => {
  const { id, body } = transcript();
  const bodies = [body, ...[2, 3].map((seed) => transcript({ requestId: id, seed }).body)];
  const { env: replaced, sent } = raced(schedule);
  const answers = await schedule.waitFor(
    Promise.all(bodies.map((one) => deliver(one, { env: replaced }))),
  );
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(bodies).toContain(await readText(id));
  for (const one of bodies) {
    expect(await readText(id, `?version=${await digestOf(one)}`)).toBe(one);
  }
  await workOff(sent, own);
  expect(await toldOf(id)).toBe(1);
});

races("a deletion stays, whatever comes at the same time", async (schedule) => {
  const { id, body } = transcript();
  const other = transcript({ requestId: id, seed: 5 }).body;
  expect((await deliver(body, { env: own })).status).toBe(200);
  const { env: replaced, sent } = raced(schedule);
  const erase = get(`/v1/transcripts/${id}`, {
    method: "DELETE",
    headers: { authorization: OPERATOR },
    env: replaced,
  });
  const all = [erase, deliver(body, { env: replaced }), deliver(other, { env: replaced })];
  const working = consume([callback(id)], replaced);
  const [erased] = await schedule.waitFor(Promise.all([...all, working]));
  expect((erased as Response).status).toBe(204);
  expect((await get(`/v1/transcripts/${id}`, { env: own })).status).toBe(410);
  later(ERASED_AGAIN_SECONDS);
  await workOff(sent, own);
  expect((await get(`/v1/transcripts/${id}`, { env: own })).status).toBe(410);
  expect((await keysOf(id)).filter((key) => !key.startsWith("callbacks/"))).toEqual([]);
});

races("two consumers with the same messages have each effect happen once", async (schedule) => {
  const { id, body } = transcript();
  expect((await deliver(body, { env: own })).status).toBe(200);
  const planning = raced(schedule);
  const planners = [1, 2].map(() => consume([callback(id)], planning.env));
  await schedule.waitFor(Promise.all(planners));
  const effects = planning.sent;
  expect(effects.length).toBeGreaterThan(0);
  const doing = raced(schedule);
  const consumers = [1, 2].map(() => consume([effects[0]], doing.env));
  const settled = await schedule.waitFor(Promise.all(consumers));
  const again = settled.flatMap(({ retried }) => retried.map(() => effects[0]));
  later(ERASED_AGAIN_SECONDS);
  await workOff([...again, ...effects.slice(1), ...doing.sent], own);
  expect(await toldOf(id)).toBe(1);
});
