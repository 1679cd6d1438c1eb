import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, vi } from "vitest";
import { later } from "../../support/work-off.ts";
import type { Callback } from "./callback.ts";
import type { Fault } from "./faults.ts";
import { played, stopClock } from "./played.ts";
import { deploy, type Trouble, type World } from "./world.ts";

/** Deepgram gives up after so many. */
const ATTEMPTS = 11;
const ANSWER_WITHIN_MS = 10_000;
const STEP_MS = 250;
/** In real time: some operations on a local R2. */
const LATE_WORK_MS = 300;

/**
 * Delivers until Deepgram is content; at every acknowledgement what it promises must be so. A person who
 * calls is as patient, and has no answer where none comes within Deepgram's time.
 */
export async function deliveredAtLast(
  world: World,
  callback: Callback,
  fault: Fault,
  trouble: Trouble | null,
): Promise<boolean> {
  let hasDied = false;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const first = attempt === 1 ? trouble : null;
    const status = await (first
      ? attempted(world, callback, fault, first)
      : statusOf(asked(world, requestOf(callback), {})));
    if (status === "died") hasDied = true;
    const isOver = status !== "died" && isEnd(status, callback, attempt);
    if (isOver) {
      await callback.holds();
      if (trouble) await workedLate(world, trouble);
      return hasDied;
    }
    if (status !== "died") expect([400, 503, "no answer"]).toContain(status);
    later(30);
    if (first && fault.isDeployed) await deploy(world);
  }
  throw new Error("Deepgram gave up");
}

/** One delivery in trouble, on a clock that is moved on. */
async function attempted(world: World, callback: Callback, fault: Fault, trouble: Trouble) {
  await callback.within?.(trouble.env);
  stopClock();
  // Pauses between writes follow the clock that is played.
  vi.stubGlobal("scheduler", { wait: pause });
  const answered = asked(world, requestOf(callback, fault.cutAt), trouble.env);
  const ends = [statusOf(answered), trouble.died];
  const isAsked = !callback.path.startsWith("/hook");
  const unanswered = pause(ANSWER_WITHIN_MS - STEP_MS).then(() => "no answer" as const);
  const within = { stepMs: STEP_MS, limitMs: ANSWER_WITHIN_MS };
  const status = await played(Promise.race(isAsked ? [...ends, unanswered] : ends), within);
  later(0);
  vi.unstubAllGlobals();
  await callback.within?.({});
  world.sent.push(...trouble.sent.splice(0));
  return status;
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** What the first attempt still does when R2 answers it at last. */
async function workedLate(world: World, { release, sent }: Trouble): Promise<void> {
  if (release === undefined) return;
  release();
  await scheduler.wait(LATE_WORK_MS);
  world.sent.push(...sent.splice(0));
}

const asked = async (world: World, request: Request, replaced: Partial<Env>) =>
  world.worker.fetch(
    request as Request<unknown, IncomingRequestCfProperties>,
    { ...env, ...world.env, ...replaced },
    createExecutionContext(),
  );

/** A refusal is the end where it is right; 2xx always is, and must be right. */
function isEnd(status: number | string, { ends, endsAgain }: Callback, attempt: number): boolean {
  if (attempt > 1 && status === endsAgain) return true;
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
  new Blob([body]).stream().pipeThrough(new IdentityTransformStream());

/** A body whose sender breaks off. */
function cut(body: Uint8Array, part: number): ReadableStream<Uint8Array> {
  const start = body.slice(0, Math.floor(body.length * part));
  return new ReadableStream({
    type: "bytes",
    pull(controller) {
      if (start.length > 0) controller.enqueue(start);
      controller.error(new Error("connection lost"));
    },
  });
}
