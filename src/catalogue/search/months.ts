import { type Placement, placedObject } from "../../config/config.ts";
import { reasonOf } from "../../lib/log.ts";
import { timeout } from "../../lib/timeout.ts";
import { LISTED_STATES_SQL } from "../catalogue.ts";
import type { MonthIndex } from "./month-index.ts";

/** Of a write. */
const MONTH_WITHIN_MS = 10_000;

type Months = Pick<Env, "SEARCH_INDEX"> & Placement;

type MonthsEnv = Months & Pick<Env, "CATALOGUE">;

/** The month of a time in ISO 8601 in UTC: `2026-11`. */
export const monthOf = (at: string): string => at.slice(0, "2026-11".length);

/** The index of a month does not answer. Another error is about what was asked. */
export class MonthUnavailable extends Error {}

/**
 * Asks the index of a month. Throws `MonthUnavailable` when it does not answer within `ms`, ten seconds
 * for a write.
 */
export async function askMonth<Value>(
  env: Months,
  month: string,
  ask: (index: DurableObjectStub<MonthIndex>) => Promise<Value>,
  ms = MONTH_WITHIN_MS,
): Promise<Value> {
  const name = `the index of ${month}`;
  try {
    return await timeout(ask(placedObject(env.SEARCH_INDEX, env, month)), ms, name);
  } catch (error) {
    // An exception of the object itself, as the runtime marks it.
    if ((error as { remote?: boolean }).remote) throw error;
    throw new MonthUnavailable(`${name}: ${reasonOf(error)}`);
  }
}

/** Months that have an index, the newest first. Throws when D1 does not answer. */
export async function indexedMonths(
  db: D1Database,
  { since, until }: { since?: string | undefined; until?: string | undefined } = {},
): Promise<string[]> {
  const { results } = await db
    .prepare("SELECT month FROM months WHERE month >= ?1 AND month <= ?2 ORDER BY month DESC")
    .bind(since === undefined ? "" : monthOf(since), until === undefined ? "~" : monthOf(until))
    .all<{ month: string }>();
  return results.map(({ month }) => month);
}

/**
 * Removes the indexes of the months that were over at a time, ISO 8601, and of which nothing is listed any
 * more, each whole. Throws when D1 or an index does not answer; the others are gone then.
 */
export async function dropEmptyMonths(env: MonthsEnv, before: string): Promise<void> {
  const { results } = await env.CATALOGUE.prepare(
    `SELECT month FROM months WHERE month < ?1 AND NOT EXISTS (
       SELECT 1 FROM listed
       WHERE tag = '' AND state IN (${LISTED_STATES_SQL}) AND at >= month AND at < month || '~')`,
  )
    .bind(monthOf(before))
    .all<{ month: string }>();
  for (const { month } of results) await dropMonth(env, month);
}

/** Removes the index of a month. */
export async function dropMonth(env: MonthsEnv, month: string): Promise<void> {
  await askMonth(env, month, (index) => index.drop());
  await env.CATALOGUE.prepare("DELETE FROM months WHERE month = ?1").bind(month).run();
}
