import type { Context } from "hono";
import * as z from "zod";
import { callerOf, unauthorized } from "../auth/require-scope.ts";
import { MAX_DATABASE_BYTES } from "../catalogue/catalogue.ts";
import type { AppEnv, Config } from "../config/config.ts";
import {
  json,
  one,
  problemAnswer,
  problemExample,
  shared,
  TOO_MANY_INVALID_TOKENS,
} from "../http/describe/answers.ts";
import type { Describe } from "../http/describe/operation.ts";
import type { Handler, Route } from "../http/route.ts";
import { log, reasonOf } from "../lib/log.ts";
import { timeout } from "../lib/timeout.ts";
import { probe } from "../store/alarms.ts";
import { measureOutbox } from "../store/outbox.ts";

const RETRY_AFTER_SECONDS = "60";

/**
 * Whether the Worker can do its work with the configuration it has; never what a secret is. Problems
 * quote the configuration, names of endpoints for example: others than operators are shown the names
 * of the settings alone.
 */
export function health(config: Config, isOperator: boolean) {
  const problems: { name: string; problem?: string | undefined }[] = isOperator
    ? config.problems
    : [...new Set(config.problems.map(({ name }) => name))].map((name) => ({ name }));
  const has = {
    CALLBACK_CREDENTIALS: config.callbackCredentials.length + config.callbackSecrets.length > 0,
    API_TOKENS: config.apiTokens.length > 0,
    SIGNING_KEYS: config.signingKeys.length > 0,
    PUBLIC_URL: config.publicUrl !== "",
    DEEPGRAM_API_KEY: config.deepgram.apiKey !== "",
  };
  const configured = {
    callbacks: has.CALLBACK_CREDENTIALS,
    api: has.API_TOKENS,
    submissions: has.SIGNING_KEYS && has.PUBLIC_URL && has.DEEPGRAM_API_KEY,
  };
  const missing = Object.entries(has).flatMap(([name, isThere]) => (isThere ? [] : name));
  const status = configured.callbacks && configured.api ? "ok" : "misconfigured";
  return { status, configured, missing, problems } as const;
}

/**
 * `GET /health`: open, and for operators (tokens of scope `admin`) also what is wrong with which
 * setting, which version answers and whether the storage does. A token that nobody has, or that cannot be looked up, gets no answer that could pass for theirs.
 */
export const getHealth: Handler = async (c) => {
  const { config } = c.var;
  const caller = await callerOf(c);
  const isOperator = caller?.scopes.includes("admin") === true;
  const report = health(config, isOperator);
  const authorization = c.req.header("authorization");
  if (caller === null && authorization && report.configured.api) throw unauthorized(authorization);
  if (!isOperator) return answer(c, report);
  const storage = await askStorage(c.env, Date.now());
  const isReached = storage.r2.reachable && storage.d1.reachable && storage.kv.reachable;
  const status = report.status === "ok" && !isReached ? "storage-unavailable" : report.status;
  return answer(c, { ...report, status, version: c.env.VERSION.id, storage });
};

const answer = <Report extends { status: string }>(c: Context<AppEnv>, report: Report) =>
  report.status === "ok"
    ? c.json(report, 200, { "cache-control": "no-store" })
    : c.json(report, 503, { "cache-control": "no-store", "retry-after": RETRY_AFTER_SECONDS });

export const healthRoute: Route = {
  method: "GET",
  path: "/health",
  scope: null,
  handle: getHealth,
};

export const healthOperation: Describe = () => {
  const schema = healthSchema();
  const healthy = {
    status: "ok",
    configured: { callbacks: true, api: true, submissions: true },
    missing: [],
    problems: [],
  };
  const unhealthy = json(
    schema,
    "The callbacks, or the API, have no credentials; or the storage does not answer, as a problem when the token cannot be looked up.",
    {
      headers: ["Retry-After"],
      examples: one({
        status: "misconfigured",
        configured: { callbacks: true, api: false, submissions: true },
        missing: ["API_TOKENS"],
        problems: [{ name: "API_TOKENS" }],
      }),
    },
  );
  const unknown = problemAnswer("The token cannot be looked up.", [
    problemExample(503, "storage_unavailable", "The storage does not answer at the moment."),
  ]);
  return {
    route: healthRoute,
    tag: "About",
    operationId: "getHealth",
    summary: "Ask what is configured",
    description:
      "What is configured and which settings are wrong; never what a secret is. With a token of scope `admin` also what is wrong with them, which version answers, and whether the storage does. It needs no token, but one that comes must be valid.",
    responses: {
      200: json(schema, "Callbacks and the API are configured.", {
        examples: {
          everybody: { summary: "To everybody", value: healthy },
          operators: {
            summary: "To operators",
            value: {
              ...healthy,
              version: "7c0a8a1e-9a0f-4a51-9d5e-2f6f1f0c7d11",
              storage: {
                r2: { reachable: true, ms: 31 },
                d1: { reachable: true, ms: 12, bytes: 61_440_000, max_bytes: 10_000_000_000 },
                kv: { reachable: true, ms: 4 },
                outbox: { messages: 0, oldest_seconds: 0 },
                queues: {
                  follow_ups: { messages: 3, oldest_seconds: 2 },
                  dead_letters: { messages: 0, oldest_seconds: null },
                },
              },
            },
          },
        },
      }),
      401: shared("Unauthorized"),
      429: problemAnswer(
        "Its address has sent more than 30 tokens that nobody has within a minute.",
        [TOO_MANY_INVALID_TOKENS],
        { headers: ["Retry-After"] },
      ),
      503: { ...unhealthy, content: { ...unhealthy.content, ...unknown.content } },
    },
  };
};

function healthSchema() {
  const probe = z.object({ reachable: z.boolean(), ms: z.int() });
  const backlog = z
    .object({ messages: z.int(), oldest_seconds: z.int().nullable() })
    .nullable()
    .describe("Null when the queue does not say.");
  const storage = z.object({
    r2: probe,
    d1: probe.extend({
      bytes: z.int().nullable().describe("Size of the database; null when it does not answer."),
      max_bytes: z.int().describe("The most that a D1 database holds."),
    }),
    kv: probe,
    outbox: z
      .object({ messages: z.int(), oldest_seconds: z.int() })
      .nullable()
      .describe("What the queue refused, of at most 1,000 messages; null when R2 does not answer."),
    queues: z
      .object({ follow_ups: backlog, dead_letters: backlog })
      .describe("Backlog of the queues, as Cloudflare Queues tells it."),
  }) satisfies z.ZodType<StorageHealth>;
  return z
    .object({
      status: z.enum(["ok", "misconfigured", "storage-unavailable"]),
      configured: z.object({ callbacks: z.boolean(), api: z.boolean(), submissions: z.boolean() }),
      missing: z
        .array(z.string())
        .describe("Settings that are not there, so that the routes that need them answer 503."),
      problems: z
        .array(
          z.object({
            name: z.string(),
            problem: z.string().optional().describe("Only for a token of scope `admin`."),
          }),
        )
        .describe("Settings that are wrong, at least in part."),
      version: z
        .string()
        .optional()
        .describe(
          "Cloudflare's id of the version that answers; only for a token of scope `admin`.",
        ),
      storage: storage.optional().describe("Only for a token of scope `admin`."),
    })
    .meta({ id: "Health" }) satisfies z.ZodType<
    Omit<ReturnType<typeof health>, "status"> & {
      status: string;
      version?: string | undefined;
      storage?: StorageHealth | undefined;
    }
  >;
}

/** Whether a store answered, and after how many milliseconds. */
type Probe = { reachable: boolean; ms: number };

type StorageHealth = {
  r2: Probe;
  /** With the size of the database in bytes; null when it does not answer. */
  d1: Probe & { bytes: number | null; max_bytes: number };
  kv: Probe;
  /** What the queue refused, of at most 1,000 messages; null when R2 does not answer. */
  outbox: { messages: number; oldest_seconds: number } | null;
  /** Null where the platform does not say. */
  queues: { follow_ups: QueueBacklog | null; dead_letters: QueueBacklog | null };
};

/** Messages in a queue, and for how long the oldest has waited; null where that is not known. */
export type QueueBacklog = { messages: number; oldest_seconds: number | null };

const WITHIN_MS = 3_000;

/** Asks each store for something small. Never throws. */
export async function askStorage(env: Env, now: number): Promise<StorageHealth> {
  const [r2, d1, kv, outbox, follow_ups, dead_letters] = await Promise.all([
    ask(probe(env.TRANSCRIPTS)),
    askDatabase(env.CATALOGUE),
    ask(env.SETTINGS.get("health")),
    timeout(measureOutbox(env.TRANSCRIPTS, now), WITHIN_MS, "R2").catch(() => null),
    measureQueue(env.FOLLOW_UP_QUEUE, now),
    measureQueue(env.DEAD_LETTER_QUEUE, now),
  ]);
  return { r2, d1, kv, outbox, queues: { follow_ups, dead_letters } };
}

/** Asks a queue for its backlog; null when it does not answer. Never throws. */
export async function measureQueue(queue: Queue, now: number): Promise<QueueBacklog | null> {
  try {
    const metrics = await timeout(queue.metrics(), WITHIN_MS, "the queue");
    const { backlogCount, oldestMessageTimestamp } = metrics;
    // It is 1970 where nothing waits.
    const oldest = new Date(oldestMessageTimestamp ?? 0).getTime();
    const oldest_seconds = oldest > 0 ? Math.max(Math.round((now - oldest) / 1_000), 0) : null;
    return { messages: backlogCount, oldest_seconds };
  } catch (error) {
    log("warn", "queue.unmeasured", { reason: reasonOf(error) });
    return null;
  }
}

async function askDatabase(db: D1Database): Promise<StorageHealth["d1"]> {
  let bytes: number | null = null;
  const asked = db.prepare("SELECT 1 FROM transcripts LIMIT 1").run();
  const probe = await ask(
    asked.then(({ meta }) => {
      bytes = meta.size_after;
    }),
  );
  return { ...probe, bytes, max_bytes: MAX_DATABASE_BYTES };
}

async function ask(work: Promise<unknown>): Promise<Probe> {
  const started = Date.now();
  const reachable = await timeout(work, WITHIN_MS, "it").then(
    () => true,
    () => false,
  );
  return { reachable, ms: Date.now() - started };
}
