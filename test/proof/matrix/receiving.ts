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

/** Delivers until Deepgram is content; at every acknowledgement what it promises must be so. */
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
    else if (isEnd(status, callback)) {
      await callback.holds();
      return hasDied;
    } else expect([400, 503, "no answer"]).toContain(status);
    later(30);
    if (first && fault.isDeployed) await deploy(world);
  }
  throw new Error("Deepgram gave up");
}

/** One delivery in trouble, on a clock that is moved on. */
async function attempted(world: World, callback: Callback, fault: Fault, trouble: Trouble) {
  await callback.within?.(trouble.env);
  stopClock();
  const answered = asked(world, requestOf(callback, fault.cutAt), trouble.env);
  const within = { stepMs: STEP_MS, limitMs: ANSWER_WITHIN_MS };
  const status = await played(Promise.race([statusOf(answered), trouble.died]), within);
  vi.useRealTimers();
  await callback.within?.({});
  world.sent.push(...trouble.sent);
  return status;
}

const asked = async (world: World, request: Request, replaced: Partial<Env>) =>
  world.worker.fetch(
    request as Request<unknown, IncomingRequestCfProperties>,
    { ...env, ...world.env, ...replaced },
    createExecutionContext(),
  );

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
