import { log, reasonOf } from "../log.ts";

/** What was noticed since the alarms were last looked at: few rows, whatever happens. */
export type Signals = {
  /** Callbacks refused in the window that goes on, or went on last; a lower bound. */
  refused: number;
  /** When the last heartbeat that has come through the queue was sent; null before the first. */
  heartbeatAt: number | null;
  /** Fields of Deepgram's bodies that are not known, seen for the first time a short while ago. */
  newFields: string[];
};

type Row = { name: string; value: number; at: number };

const [REFUSED, HEARTBEAT, FIELD] = ["refused", "heartbeat", "field "];
const WINDOW_MS = 300_000;
/** For how long what was noticed once is told. */
const FRESH_MS = 3_600_000;
const MAX_ROWS = 100;
const FLUSH_EVERY_MS = 60_000;

const ADD = `
  INSERT INTO signals (name, value, at) VALUES (?1, ?2, ?3)
  ON CONFLICT (name) DO UPDATE SET
    value = iif(at > ?3 - ${WINDOW_MS}, value, 0) + ?2,
    at = iif(at > ?3 - ${WINDOW_MS}, at, ?3)`;

const SEEN = `
  INSERT INTO signals (name, value, at)
  SELECT ?1, 0, ?2 WHERE (SELECT count(*) FROM signals) < ${MAX_ROWS}
  ON CONFLICT DO NOTHING`;

const BEAT = `
  INSERT INTO signals (name, value, at) VALUES ('${HEARTBEAT}', 0, ?1)
  ON CONFLICT (name) DO UPDATE SET at = max(at, ?1)`;

let refusedHere = 0;
let flushedAt = 0;

/**
 * Counts a refused callback. An isolate writes at most once a minute, and always the same row: whoever
 * has no credentials makes nothing grow.
 */
export async function countRefused(db: D1Database, now: number): Promise<void> {
  refusedHere++;
  if (now >= flushedAt && now - flushedAt < FLUSH_EVERY_MS) return;
  flushedAt = now;
  const count = refusedHere;
  refusedHere = 0;
  await quietly("refused", db.prepare(ADD).bind(REFUSED, count, now).run());
}

const told = new Set<string>();

/** Keeps the names of unknown fields; an isolate writes each once. */
export async function keepNewFields(db: D1Database, fields: string[], now: number): Promise<void> {
  const fresh = fields.filter((field) => !told.has(field) && told.size < MAX_ROWS);
  if (fresh.length === 0) return;
  for (const field of fresh) told.add(field);
  const statements = fresh.map((field) => db.prepare(SEEN).bind(FIELD + field, now));
  await quietly("fields", db.batch(statements));
}

/** Keeps that a heartbeat has come through the queue. `sentAt` in milliseconds since 1970. */
export const keepHeartbeat = (db: D1Database, sentAt: number) =>
  quietly("heartbeat", db.prepare(BEAT).bind(sentAt).run());

/** Throws when D1 does not answer. */
export async function readSignals(db: D1Database, now: number): Promise<Signals> {
  const { results } = await db.prepare("SELECT name, value, at FROM signals").all<Row>();
  const of = (wanted: string) => results.find(({ name }) => name === wanted);
  const refused = of(REFUSED);
  return {
    refused: refused && refused.at > now - 2 * WINDOW_MS ? refused.value : 0,
    heartbeatAt: of(HEARTBEAT)?.at ?? null,
    newFields: results
      .filter(({ name, at }) => name.startsWith(FIELD) && at > now - FRESH_MS)
      .map(({ name }) => name.slice(FIELD.length)),
  };
}

/** What is noticed is never worth more than the work beside which it is noticed. */
async function quietly(signal: string, write: Promise<unknown>): Promise<void> {
  await write.catch((error) => log("warn", "signal.lost", { signal, reason: reasonOf(error) }));
}
