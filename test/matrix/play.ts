import { createScheduledController } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, vi } from "vitest";
import worker from "../../src/index.ts";
import { type Channels, channels } from "../support/channels.ts";
import { consume, DEAD_LETTERS } from "../support/consume.ts";
import { send, storedKeys } from "../support/deliver.ts";
import { recordingQueue } from "../support/faulty.ts";
import { asOperator, get } from "../support/get.ts";
import { type Death, mortal } from "../support/mortal.ts";
import { later, workOff } from "../support/work-off.ts";
import type { Fault } from "./faults.ts";
import { type Callback, type Kind, SIGNING_KEYS } from "./kinds.ts";

/** Deepgram gives up after so many. */
const ATTEMPTS = 11;
const ANSWER_WITHIN_MS = 10_000;
const STEP_MS = 250;
const REAL_MS = 400;
/** Longer than any lease. */
const LEASE_SECONDS = 200;

type World = { channels: Channels; env: Partial<Env>; sent: unknown[] };

/** What is wrong for one attempt: bindings, and a promise that ends it. */
type Trouble = { env: Partial<Env>; died: Promise<"died">; sent: unknown[] };

const NEVER = new Promise<never>(() => {});

function troubleOf(fault: Fault, death: Death | null): Trouble {
  if (death !== null) return mortal(death);
  const sent: unknown[] = [];
  return { env: fault.env?.(sent) ?? {}, died: NEVER, sent };
}

/**
 * Plays one callback through one fault: delivered by Deepgram until it is content, then followed up to
 * the end. Rejects when a promise does not hold. False when whoever was to die outlived it.
 */
export async function play(kind: Kind, fault: Fault, death: Death | null): Promise<boolean> {
  const world = newWorld();
  const callback = await kind.prepare(world.env);
  const receiving = fault.side === "receiving" ? troubleOf(fault, death) : null;
  const died = await deliveredAtLast(world, callback, fault, receiving);
  await sweep(world, "* * * * *");
  const diedLater =
    fault.side === "receiving"
      ? await workOff(world.sent, world.env).then(() => false)
      : await followedUp(world, fault, death);
  await ended(world, callback);
  return died || diedLater;
}

function newWorld(): World {
  const world = channels();
  const { queue, sent } = recordingQueue();
  const own = {
    SIGNING_KEYS,
    FOLLOW_UPS: '{"notify":[{"channel":"webhook","to":"crm"}]}',
    FOLLOW_UP_QUEUE: queue,
  };
  return { channels: world, env: { ...world.env, ...own }, sent };
}

/** Delivers until Deepgram is content; at every acknowledgement what it promises must be so. */
async function deliveredAtLast(
  world: World,
  callback: Callback,
  fault: Fault,
  trouble: Trouble | null,
): Promise<boolean> {
  let hasDied = false;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const first = attempt === 1 ? trouble : null;
    const replaced = { ...world.env, ...first?.env };
    if (first) vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
    const answered = send(requestOf(callback, first ? fault.cutAt : undefined), replaced);
    const status = await inTime(Promise.race([statusOf(answered), first?.died ?? NEVER]));
    if (first) world.sent.push(...first.sent);
    vi.useRealTimers();
    if (status === "died") hasDied = true;
    else if (isEnd(status, callback)) {
      await callback.holds();
      return hasDied;
    } else expect([400, 503, "no answer"]).toContain(status);
    later(30);
  }
  throw new Error("Deepgram gave up");
}

/** A refusal is the end where it is right; 2xx always is, and must be right. */
function isEnd(status: number | string, { ends }: Callback): boolean {
  const isDone = status === ends || (typeof status === "number" && status < 300);
  if (isDone) expect(status).toBe(ends);
  return isDone;
}

const statusOf = (answered: Promise<Response>): Promise<number | "no answer"> =>
  answered.then(
    ({ status }) => status,
    () => "no answer",
  );

function requestOf({ path, method, headers, body, isChunked }: Callback, cutAt?: number): Request {
  const length = isChunked ? {} : { "content-length": String(body.length) };
  const given = cutAt === undefined ? (isChunked ? chunks(body) : body) : cut(body, cutAt);
  return new Request(`https://edge.test${path}`, {
    method,
    headers: { ...headers, ...length },
    body: given,
  });
}

const chunks = (body: Uint8Array) =>
  new Blob([body]).stream().pipeThrough(new TransformStream<Uint8Array, Uint8Array>());

/** A body whose sender breaks off. */
function cut(body: Uint8Array, part: number): ReadableStream<Uint8Array> {
  const start = body.slice(0, Math.floor(body.length * part));
  return new ReadableStream({
    pull(controller) {
      if (start.length > 0) controller.enqueue(start);
      controller.error(new Error("connection lost"));
    },
  });
}

/** Moves the clock on until there is an answer; rejects when Deepgram would have hung up. */
async function inTime<Value>(pending: Promise<Value>): Promise<Value> {
  let isSettled = false;
  const settling = pending.finally(() => {
    isSettled = true;
  });
  // What does not hang is not hurried by a clock that is played.
  await Promise.race([settling, scheduler.wait(REAL_MS)]);
  for (let ms = 0; !isSettled; ms += STEP_MS) {
    if (ms > ANSWER_WITHIN_MS) throw new Error("no answer within ten seconds");
    await vi.advanceTimersByTimeAsync(STEP_MS);
    await scheduler.wait(1);
  }
  return settling;
}

/** Runs the cron, and takes what it sends. */
async function sweep(world: World, cron: string): Promise<void> {
  await worker.scheduled(createScheduledController({ cron }), { ...env, ...world.env });
}

/** Every message meets the trouble once, and then is worked off. */
async function followedUp(world: World, fault: Fault, death: Death | null): Promise<boolean> {
  let hasDied = false;
  const again: unknown[] = [];
  const queue = fault.isGivenUp ? { queue: DEAD_LETTERS, attempts: 20 } : {};
  for (let fresh = world.sent.splice(0); fresh.length > 0; fresh = world.sent.splice(0)) {
    const trouble = troubleOf(fault, death);
    // What is given up is the effects, once they are planned.
    const isSpared = fault.isGivenUp && !fresh.some((one) => (one as Work).type === "effect");
    const replaced = { ...world.env, ...(isSpared ? {} : trouble.env) };
    const working = consume(fresh, replaced, isSpared ? {} : queue);
    const end = await Promise.race([working, trouble.died]);
    if (end === "died") {
      hasDied = true;
      again.push(...fresh);
    } else again.push(...end.retried.map(({ id }) => fresh[Number(id.slice(1))]));
    world.sent.push(...trouble.sent);
    later(LEASE_SECONDS);
  }
  if (fault.isGivenUp) await buriedAndRedriven(world, again);
  await workOff(again, world.env);
  await sweep(world, "* * * * *");
  await workOff(world.sent.splice(0), world.env);
  return hasDied;
}

type Work = { type: string };

/** The dead letters' consumer has its messages again, and a person has them redriven. */
async function buriedAndRedriven(world: World, messages: unknown[]): Promise<void> {
  for (let waiting = messages.splice(0); waiting.length > 0; later(LEASE_SECONDS)) {
    const { retried } = await consume(waiting, world.env, { queue: DEAD_LETTERS, attempts: 20 });
    waiting = retried.map(({ id }) => waiting[Number(id.slice(1))]);
  }
  const request = new Request("https://edge.test/v1/dead-letters/redrive", {
    method: "POST",
    headers: { authorization: "Bearer admin-token" },
    body: "{}",
  });
  await send(request, world.env);
  messages.push(...world.sent.splice(0));
}

/** Every effect has happened once and says so, the catalogue knows, and nothing is left over. */
async function ended(world: World, { effects, id, ends }: Callback): Promise<void> {
  later(7_300);
  await sweep(world, "17 * * * *");
  const keys = await storedKeys();
  expect(keys.filter((key) => /^(spool|outbox|dead-letters)\//.test(key))).toEqual([]);
  if (ends === 401) expect(keys).toEqual([]);
  if (effects === null) return;
  const { requests } = await world.channels.webhook.state();
  const ids = new Set(requests.map(({ headers }) => headers["webhook-id"]));
  expect(ids.size).toBe(effects);
  if (id === null) return;
  const status = await get(`/v1/transcripts/${id}/status`);
  const { follow_ups } = await status.json<{ follow_ups: { state: string }[] }>();
  expect(follow_ups.map(({ state }) => state)).toEqual(Array(effects).fill("done"));
  const list = await asOperator("/v1/transcripts");
  const { transcripts } = await list.json<{ transcripts: { request_id: string }[] }>();
  expect(transcripts.map(({ request_id }) => request_id)).toContain(id);
}
