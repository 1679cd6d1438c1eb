import * as z from "zod";
import { readSignals, type Signals, storeHeartbeat } from "../catalogue/alarm-signals.ts";
import { tokenNameOf } from "../config/api-tokens.ts";
import type { Config } from "../config/config.ts";
import { hasRetention } from "../config/retention.ts";
import { requestId } from "../deepgram/request-id.ts";
import { hex, sha256 } from "../lib/digest.ts";
import { log, observe, reasonOf } from "../lib/log.ts";
import { timeout } from "../lib/timeout.ts";
import { databaseFullAt, readAlarms, writeAlarms } from "../store/alarms.ts";
import { countDeadLetters } from "../store/dead-letters.ts";
import { readExpectation } from "../store/expectations.ts";
import {
  activeAlarms,
  BACKLOG_SECONDS,
  dueNotices,
  markNotified,
  type Notice,
  type Readings,
} from "./alarms.ts";
import { measureQueue } from "./health.ts";

const WITHIN_MS = 10_000;
const DAY_MS = 86_400_000;

const UNREAD = {
  overdue: null,
  refused: null,
  backlogSeconds: null,
  newFields: null,
  messages: null,
  retentionLateMs: null,
  databaseBytes: null,
};

/** Alarms that ask the catalogue. */
const OF_CATALOGUE = new Set([
  ...["overdue", "refused", "backlog", "unknown-fields", "daily-messages", "retention"],
  ...["database-70", "database-90"],
]);

/** What waits for room in D1 is tried once an hour. */
const FULL_FOR_MS = 7_200_000;

const OVERDUE =
  "SELECT count(*) AS count FROM transcripts WHERE state = 'overdue' AND overdue_at > ?1";

const NEWEST_OVERDUE = `
  SELECT request_id FROM transcripts WHERE state = 'overdue' AND overdue_at > ?1
  ORDER BY overdue_at DESC LIMIT ?2`;

/** Of so many overdue requests the alarm names who registered them. */
const MAX_NAMED = 10;

const states = z
  .record(z.string(), z.object({ since: z.number(), sentAt: z.number().nullable() }))
  .catch({});

type Watching = Pick<Config, "alertWebhook" | "publicUrl" | "dailyMessages" | "retention">;

type Known = Signals & { overdue: number; backlogSeconds: number; databaseBytes: number };

/**
 * Measures how old the oldest work in the queue is, checks whether anything needs a person, and notifies
 * `ALERT_WEBHOOK`. A notice that could not be sent stays due for the next run. Throws when R2 does not answer.
 */
export async function checkAlarms(
  env: Env,
  { alertWebhook, publicUrl, dailyMessages, retention }: Watching,
  stuck: Pick<Readings, "isOutboxStuck" | "areBodiesLate">,
  now: number,
): Promise<void> {
  // First: should what follows break off, the queue is not thereby late.
  await sendHeartbeat(env, now);
  const known = await measure(env, now);
  if (alertWebhook === null) return;
  const bucket = env.TRANSCRIPTS;
  const deadLetters = await countDeadLetters(bucket);
  const fullAt = (await databaseFullAt(bucket))?.getTime() ?? -Infinity;
  const readings: Readings = {
    ...UNREAD,
    ...known,
    ...(known !== null && known.overdue > 0 && { overdueBy: await registrars(env, now) }),
    deadLetters,
    ...(Number(known?.backlogSeconds) > BACKLOG_SECONDS && {
      queued: (await measureQueue(env.FOLLOW_UP_QUEUE, now))?.messages ?? null,
    }),
    isDatabaseFull: now - fullAt < FULL_FOR_MS,
    ...stuck,
    dailyMessages,
    // What was left before it was switched off stays.
    ...(!hasRetention(retention) && { retentionLateMs: 0 }),
  };
  const before = states.parse(await readAlarms(bucket));
  const unread = known === null ? OF_CATALOGUE : new Set<string>();
  const { states: after, notices } = dueNotices(
    before,
    activeAlarms(readings, before),
    unread,
    now,
  );
  let current = after;
  for (const notice of notices) {
    log("error", "alarm", notice);
    const isTold = await tell(alertWebhook, publicUrl, notice, now);
    if (isTold) current = markNotified(current, notice, now);
  }
  if (JSON.stringify(current) !== JSON.stringify(before)) {
    await writeAlarms(bucket, current);
  }
}

async function measure(env: Env, now: number): Promise<Known | null> {
  try {
    const known = await timeout(askCatalogue(env.CATALOGUE, now), WITHIN_MS, "the catalogue");
    observe(env, "info", "queue", { outcome: "waiting", age_seconds: known.backlogSeconds });
    return known;
  } catch (error) {
    log("warn", "catalogue.unavailable", { reason: reasonOf(error) });
    return null;
  }
}

async function askCatalogue(db: D1Database, now: number): Promise<Known> {
  const since = new Date(now - DAY_MS).toISOString();
  const { results, meta } = await db.prepare(OVERDUE).bind(since).run<{ count: number }>();
  const overdue = results[0]?.count ?? 0;
  const signals = await readSignals(db, now);
  const { heartbeatAt } = signals;
  // The first one is taken as come: else a queue that never works would not be late.
  if (heartbeatAt === null) await storeHeartbeat(db, now);
  const backlogSeconds = Math.round((now - (heartbeatAt ?? now)) / 1_000);
  return { ...signals, overdue, backlogSeconds, databaseBytes: meta.size_after };
}

/** Names of the tokens that registered the newest overdue requests; none where they are not known. */
async function registrars({ CATALOGUE, TRANSCRIPTS }: Env, now: number): Promise<string[]> {
  const since = new Date(now - DAY_MS).toISOString();
  try {
    const newest = CATALOGUE.prepare(NEWEST_OVERDUE).bind(since, MAX_NAMED);
    const { results } = await timeout(newest.run(), WITHIN_MS, "the catalogue");
    const names = new Set<string>();
    for (const row of results) {
      const expectation = await readExpectation(TRANSCRIPTS, requestId.parse(row.request_id));
      if (expectation?.tokenId != null) names.add(tokenNameOf(expectation.tokenId));
    }
    return [...names].sort();
  } catch (error) {
    log("warn", "overdue.unnamed", { reason: reasonOf(error) });
    return [];
  }
}

/** Sends a message through the queue whose age tells how far behind the queue is. */
async function sendHeartbeat(env: Env, now: number): Promise<void> {
  const message: z.infer<typeof heartbeat> = { type: "heartbeat", sent_at: now };
  const sent = env.FOLLOW_UP_QUEUE.send(message);
  await timeout(sent, WITHIN_MS, "the queue").catch((error) =>
    log("warn", "queue.refused", { reason: reasonOf(error) }),
  );
}

async function tell(url: string, publicUrl: string, notice: Notice, now: number): Promise<boolean> {
  const { alarm, state, detail } = notice;
  const since = new Date(notice.since).toISOString();
  const text = `${state === "firing" ? "ALARM" : "resolved"} ${alarm}: ${detail} (${publicUrl}/, since ${since})`;
  // The same notice, should it be sent again after its answer was lost, has the same id.
  const hour = Math.floor((now - notice.since) / 3_600_000);
  const id = hex(await sha256(`${alarm} ${state} ${since} ${hour}`));
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", "webhook-id": id },
      body: JSON.stringify({ text, alarm, state, detail, since }),
      redirect: "manual",
      signal: AbortSignal.timeout(WITHIN_MS),
    });
    await response.body?.cancel();
    if (response.ok) return true;
    log("error", "alarm.untold", { alarm, status: response.status });
  } catch (error) {
    log("error", "alarm.untold", { alarm, reason: reasonOf(error) });
  }
  return false;
}

/** A queue message whose only content is when it was sent, in milliseconds since 1970. */
export const heartbeat = z.object({ type: z.literal("heartbeat"), sent_at: z.number() });

/** Takes a message if it is a heartbeat: its age is that of the queue. Never throws. */
export async function takeHeartbeat(env: Env, body: unknown, now: number): Promise<boolean> {
  const { data } = heartbeat.safeParse(body);
  if (data === undefined) return false;
  const age_seconds = (now - data.sent_at) / 1_000;
  observe(env, "info", "queue", { outcome: "heartbeat", age_seconds });
  await storeHeartbeat(env.CATALOGUE, data.sent_at);
  return true;
}
