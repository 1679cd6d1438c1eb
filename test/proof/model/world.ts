import { applyD1Migrations, createScheduledController, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { vi } from "vitest";
import worker from "../../../src/index.ts";
import { type Channels, channels } from "../../support/channels.ts";
import { consume, DEAD_LETTERS } from "../../support/consume.ts";
import { send } from "../../support/deliver.ts";
import { type Death, mortal } from "../../support/mortal.ts";
import { WEBHOOK_SECRET } from "../../support/webhook-secret.ts";
import { later, type Waiting } from "../../support/work-off.ts";

const BATCH = 10;
/** Any retry of a provider that has recovered comes within it, and no deadline of a callback. */
const HORIZON_MS = 600_000;
export const DEADLINE_SECONDS = 3_600;
const STEPS = 500;

/** The Worker in storage of its own, and what its queue holds. */
export type World = { channels: Channels; env: Partial<Env>; waiting: Waiting[] };

/** Begins with empty storage. */
export async function newWorld(credentials: readonly string[]): Promise<World> {
  vi.useRealTimers();
  await reset();
  await applyD1Migrations(env.CATALOGUE, env.MIGRATIONS);
  const providers = channels();
  const waiting: Waiting[] = [];
  const push = (body: unknown, delaySeconds = 0) => {
    waiting.push({
      body: structuredClone(body),
      attempts: 1,
      dueAt: Date.now() + delaySeconds * 1_000,
    });
  };
  const queue = {
    send: async (body: unknown, options?: QueueSendOptions) => push(body, options?.delaySeconds),
    sendBatch: async (messages: Iterable<MessageSendRequest>) => {
      for (const { body, delaySeconds } of messages) push(body, delaySeconds);
    },
  };
  const endpoint = (path: string) => ({
    url: `${providers.webhook.url}/${path}`,
    secret: WEBHOOK_SECRET,
  });
  const own: Partial<Env> = {
    CALLBACK_CREDENTIALS: credentials.join(" "),
    SIGNING_KEYS: "a-signing-key-of-the-tests-0123456789",
    CALLBACK_DEADLINE_SECONDS: String(DEADLINE_SECONDS),
    WEBHOOK_ENDPOINTS: JSON.stringify({ crm: endpoint("crm"), second: endpoint("second") }),
    FOLLOW_UPS: '{"notify":[{"channel":"webhook","to":"crm"}]}',
    API_RATE_LIMIT: { limit: async () => ({ success: true }) } as RateLimit,
    FOLLOW_UP_QUEUE: queue as unknown as Queue,
  };
  later(0);
  return { channels: providers, env: { ...providers.env, ...own }, waiting };
}

/** Asks as an operator. */
export const ask = (
  world: World,
  method: string,
  path: string,
  body?: unknown,
  replaced: Partial<Env> = {},
): Promise<Response> =>
  send(
    new Request(`https://edge.test${path}`, {
      method,
      headers: { authorization: "Bearer admin-token", accept: "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    }),
    { ...world.env, ...replaced },
  );

/** Has a consumer do something and die on the way; the next one does it again. */
export async function dying<Value>(
  world: World,
  death: Death | null,
  work: (replaced: Partial<Env>) => Promise<Value>,
): Promise<Value> {
  if (death !== null) {
    const { died, sent, env: replaced } = mortal(death);
    await Promise.race([work(replaced), died]);
    for (const body of sent) world.waiting.push({ body, attempts: 1, dueAt: Date.now() });
  }
  return work({});
}

const isDue = ({ dueAt }: Waiting) => dueAt <= Date.now();

/** One message is worked by a consumer that dies; it comes again. Gives the message. */
export async function consumerDies(world: World, death: Death): Promise<unknown> {
  const message = take(world, isDue, 1)[0];
  if (message === undefined) return null;
  const { died, sent, env: replaced } = mortal(death);
  await Promise.race([consume([message.body], { ...world.env, ...replaced }), died]);
  for (const body of sent) world.waiting.push({ body, attempts: 1, dueAt: Date.now() });
  // That it was acknowledged, nobody has heard.
  world.waiting.push({ ...message, attempts: message.attempts + 1 });
  return message.body;
}

/** The queue gives up what is due; tells whether there was something. */
export async function giveUp(world: World): Promise<boolean> {
  const given = take(world, isDue, BATCH);
  await consumed(world, given, { queue: DEAD_LETTERS, attempts: 20 });
  return given.length > 0;
}

function take(world: World, which: (each: Waiting) => boolean, count: number): Waiting[] {
  const taken = world.waiting.filter(which).slice(0, count);
  world.waiting.splice(0, Infinity, ...world.waiting.filter((each) => !taken.includes(each)));
  return taken;
}

async function consumed(world: World, given: Waiting[], options = {}): Promise<void> {
  const bodies = given.map(({ body }) => body);
  const { retried } = await consume(bodies, world.env, options);
  for (const { id, delaySeconds = 0 } of retried) {
    const { body, attempts } = given[Number(id.slice(1))] as Waiting;
    const dueAt = Date.now() + delaySeconds * 1_000;
    world.waiting.push({ body, attempts: attempts + 1, dueAt });
  }
}

/**
 * Works off what is due, and what comes of it, in an order that `chances` (0 to 1) choose; a chance
 * over a half has its message delivered twice. Moves the clock to retries, not to deadlines.
 */
export async function workOffDue(world: World, chances: readonly number[]): Promise<void> {
  let end = Date.now() + HORIZON_MS;
  for (let step = 0; step < STEPS; step++) {
    const due = world.waiting.filter(isDue);
    if (due.length === 0) {
      const next = Math.min(...world.waiting.map(({ dueAt }) => dueAt));
      if (next > end) return;
      later((next - Date.now()) / 1_000 + 0.001);
      end = Math.max(end, Date.now());
      continue;
    }
    const chance = chances[step % chances.length] ?? 0;
    const first = due[Math.floor(chance * due.length)] as Waiting;
    const given = take(world, (each) => each === first || (isDue(each) && chance < 0.7), BATCH);
    await consumed(world, chance > 0.5 ? [...given.slice(-1), ...given] : given);
  }
  throw new Error(`still at work: ${JSON.stringify(world.waiting)}`);
}

/** The cron of every minute. */
export const sweep = (world: World): Promise<void> =>
  worker.scheduled(createScheduledController({ cron: "* * * * *" }), {
    ...env,
    ...world.env,
  }) as Promise<void>;
