import * as z from "zod";
import type { Config } from "../config.ts";
import { hex, sha256 } from "../digest.ts";
import { log, reasonOf } from "../log.ts";
import { parseJson } from "../parse-json.ts";
import { ALARMS_KEY, DEAD_LETTERS_PREFIX } from "../store/keys.ts";
import { timeout } from "../timeout.ts";
import { type AlarmStates, due, holding, type Notice, type Readings, told } from "./alarms.ts";
import type { heartbeat } from "./heartbeat.ts";
import { keepHeartbeat, readSignals, type Signals } from "./signals.ts";

const WITHIN_MS = 10_000;
const DAY_MS = 86_400_000;

/** Alarms that ask the catalogue. */
const OF_CATALOGUE = new Set(["overdue", "refused", "backlog", "unknown-fields"]);

const OVERDUE =
  "SELECT count(*) AS count FROM listed WHERE tag = '' AND state = 'overdue' AND at > ?1";

const states = z
  .record(z.string(), z.object({ since: z.number(), toldAt: z.number().nullable() }))
  .catch({});

/**
 * Looks whether anything needs a person, and tells `ALERT_WEBHOOK`. What cannot be told stays to be
 * told by the next run. Throws when R2 does not answer.
 */
export async function watchOver(
  env: Env,
  { alertWebhook, publicUrl }: Pick<Config, "alertWebhook" | "publicUrl">,
  isOutboxStuck: boolean,
  now: number,
): Promise<void> {
  if (alertWebhook === null) return;
  const bucket = env.TRANSCRIPTS;
  const readings = await read(env, isOutboxStuck, now);
  const before = await readStates(bucket);
  const unread = readings.overdue === null ? OF_CATALOGUE : new Set<string>();
  const { states: after, notices } = due(before, holding(readings), unread, now);
  let current = after;
  for (const notice of notices) {
    log("error", "alarm", notice);
    const isTold = await tell(alertWebhook, publicUrl, notice, now);
    if (isTold) current = told(current, notice, now);
  }
  if (JSON.stringify(current) !== JSON.stringify(before)) {
    await bucket.put(ALARMS_KEY, JSON.stringify(current));
  }
  await beat(env, now);
}

async function read(env: Env, isOutboxStuck: boolean, now: number): Promise<Readings> {
  const db = env.CATALOGUE;
  const known = await timeout(askCatalogue(db, now), WITHIN_MS, "the catalogue").catch((error) => {
    log("warn", "catalogue.unavailable", { reason: reasonOf(error) });
    return null;
  });
  const letters = await env.TRANSCRIPTS.list({ prefix: DEAD_LETTERS_PREFIX });
  const found = { deadLetters: letters.objects.length, isOutboxStuck };
  if (known === null) {
    return { ...found, overdue: null, refused: null, backlogSeconds: null, newFields: null };
  }
  const { overdue, refused, newFields, heartbeatAt } = known;
  // The first one is taken as come: else a queue that never works would not be late.
  if (heartbeatAt === null) await keepHeartbeat(db, now);
  const backlogSeconds = Math.round((now - (heartbeatAt ?? now)) / 1_000);
  return { ...found, overdue, refused, backlogSeconds, newFields };
}

async function askCatalogue(db: D1Database, now: number): Promise<Signals & { overdue: number }> {
  const since = new Date(now - DAY_MS).toISOString();
  const overdue = await db.prepare(OVERDUE).bind(since).first<number>("count");
  return { ...(await readSignals(db, now)), overdue: overdue ?? 0 };
}

async function readStates(bucket: R2Bucket): Promise<AlarmStates> {
  const object = await bucket.get(ALARMS_KEY);
  return states.parse(object && parseJson(await object.text()));
}

/** Sends a message through the queue whose age tells how far behind the queue is. */
async function beat(env: Env, now: number): Promise<void> {
  const message: z.infer<typeof heartbeat> = { type: "heartbeat", sent_at: now };
  await env.FOLLOW_UP_QUEUE.send(message).catch((error) =>
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
