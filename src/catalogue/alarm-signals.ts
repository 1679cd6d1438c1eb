import { log, reasonOf } from "../lib/log.ts";
import { dayOf, MESSAGES } from "./daily-messages.ts";

/** What was noticed since the alarms were last looked at: few rows, whatever happens. */
export type Signals = {
  /** Callbacks refused in this window and the one before. */
  refused: number;
  /** When the last heartbeat that has come through the queue was sent; null before the first. */
  heartbeatAt: number | null;
  /** Fields of Deepgram's bodies that are not known, seen for the first time a short while ago. */
  newFields: string[];
  /** E-mails and texts of this UTC day, up to one more than may be sent. */
  messages: number;
  /** For how long the deletion of the oldest transcript has been due that is left; 0 where none is. */
  retentionLateMs: number;
};

type Row = { name: string; value: number; at: number };

const [REFUSED, HEARTBEAT, FIELD] = ["refused ", "heartbeat", "field "];
const RETENTION = "retention";
/** Eleven tries 30 s apart, each answered within 9 s, lie within two windows wherever they begin. */
const WINDOW_MS = 420_000;
const FLUSH_EVERY_MS = 10_000;
/** For how long a signal is reported after it was noticed. */
const FRESH_MS = 3_600_000;
/** A field that has not been seen for so long makes room for others. */
const FORGOTTEN_MS = 2_592_000_000;
const MAX_ROWS = 100;

const ADD = `
  INSERT INTO signals (name, value, at) VALUES (?1, ?2, ?3)
  ON CONFLICT (name) DO UPDATE SET value = iif(at = ?3, value, 0) + ?2, at = ?3`;

/** `value` is when a field was seen first, `at` when last. */
const SEEN = `
  INSERT INTO signals (name, value, at)
  SELECT ?1, ?2, ?2
  WHERE (SELECT count(*) FROM signals) < ${MAX_ROWS} OR ?1 IN (SELECT name FROM signals)
  ON CONFLICT (name) DO UPDATE SET at = ?2`;

const FORGET = `
  DELETE FROM signals
  WHERE name BETWEEN '${FIELD}' AND '${FIELD}~' AND at < ?1 - ${FORGOTTEN_MS}`;

const BEAT = `
  INSERT INTO signals (name, value, at) VALUES ('${HEARTBEAT}', 0, ?1)
  ON CONFLICT (name) DO UPDATE SET at = max(at, ?1)`;

let refusedHere = 0;
/** Of the last write, or of the one that somebody waits for. */
let flushAt = 0;

/**
 * Counts a refused callback. An isolate writes at most every ten seconds, and always one of two rows:
 * a sender without credentials makes nothing grow. Resolves when refusals that came meanwhile are written.
 */
export async function countRefused(db: D1Database, now: number): Promise<void> {
  refusedHere++;
  const sinceMs = now - flushAt;
  const isAwaited = sinceMs < 0 && sinceMs >= -FLUSH_EVERY_MS;
  if (isAwaited) return;
  const isEarly = sinceMs >= 0 && sinceMs < FLUSH_EVERY_MS;
  const waitMs = isEarly ? FLUSH_EVERY_MS - sinceMs : 0;
  const at = now + waitMs;
  flushAt = at;
  if (waitMs > 0) await scheduler.wait(waitMs);
  const count = refusedHere;
  refusedHere = 0;
  const window = Math.floor(at / WINDOW_MS);
  const isKept = await quietly("refused", () =>
    db
      .prepare(ADD)
      .bind(`${REFUSED}${window % 2}`, count, window * WINDOW_MS)
      .run(),
  );
  if (!isKept) refusedHere += count;
}

const reported = new Set<string>();

/** Keeps the names of unknown fields; an isolate writes each once. */
export async function storeNewFields(db: D1Database, fields: string[], now: number): Promise<void> {
  const fresh = fields.filter((field) => !reported.has(field) && reported.size < MAX_ROWS);
  if (fresh.length === 0) return;
  const isKept = await quietly("fields", () => {
    const seen = fresh.map((field) => db.prepare(SEEN).bind(FIELD + field, now));
    return db.batch([db.prepare(FORGET).bind(now), ...seen]);
  });
  if (isKept) for (const field of fresh) reported.add(field);
}

/** Keeps that a heartbeat has come through the queue. `sentAt` in milliseconds since 1970. */
export const storeHeartbeat = (db: D1Database, sentAt: number) =>
  quietly("heartbeat", () => db.prepare(BEAT).bind(sentAt).run());

const LATE = `
  INSERT INTO signals (name, value, at) VALUES ('${RETENTION}', ?1, ?2)
  ON CONFLICT (name) DO UPDATE SET value = ?1, at = ?2`;

/** Keeps for how long the oldest deletion has been due that is left; null where none is left. Throws. */
export async function storeRetentionBacklog(
  db: D1Database,
  lateMs: number | null,
  now: number,
): Promise<void> {
  const statement =
    lateMs === null
      ? db.prepare(`DELETE FROM signals WHERE name = '${RETENTION}'`)
      : db.prepare(LATE).bind(lateMs, now);
  await statement.run();
}

/** Whether deletions were left by the last run. Throws when D1 does not answer. */
export const hasRetentionBacklog = async (db: D1Database): Promise<boolean> =>
  (await db.prepare(`SELECT 1 FROM signals WHERE name = '${RETENTION}'`).first()) !== null;

/** Throws when D1 does not answer. */
export async function readSignals(db: D1Database, now: number): Promise<Signals> {
  const { results } = await db.prepare("SELECT name, value, at FROM signals").all<Row>();
  const since = (Math.floor(now / WINDOW_MS) - 1) * WINDOW_MS;
  return {
    refused: results
      .filter(({ name, at }) => name.startsWith(REFUSED) && at >= since)
      .reduce((sum, { value }) => sum + value, 0),
    heartbeatAt: results.find(({ name }) => name === HEARTBEAT)?.at ?? null,
    messages: results.find(({ name, at }) => name === MESSAGES && at >= dayOf(now))?.value ?? 0,
    retentionLateMs: results.find(({ name }) => name === RETENTION)?.value ?? 0,
    newFields: results
      .filter(({ name, value }) => name.startsWith(FIELD) && value > now - FRESH_MS)
      .map(({ name }) => name.slice(FIELD.length)),
  };
}

/** What is noticed is never worth more than the work beside which it is noticed. False when it is lost. */
async function quietly(signal: string, write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    log("warn", "signal.lost", { signal, reason: reasonOf(error) });
    return false;
  }
}
