import { timeout } from "../../lib/timeout.ts";
import type { MonthIndex } from "./month-index.ts";

/** Of a query or a write: an index that takes longer is away. */
export const MONTH_WITHIN_MS = 10_000;

type Months = Pick<Env, "SEARCH_INDEX"> & { JURISDICTION?: string };

/** The month of a time in ISO 8601 in UTC: `2026-11`. */
export const monthOf = (at: string): string => at.slice(0, "2026-11".length);

/**
 * Asks the index of a month. Throws when it does not answer within ten seconds. The jurisdiction is part
 * of an object's id: the same month in another one is another index.
 */
export function askMonth<Value>(
  { SEARCH_INDEX, JURISDICTION = "" }: Months,
  month: string,
  ask: (index: DurableObjectStub<MonthIndex>) => Promise<Value>,
): Promise<Value> {
  const isAnywhere = JURISDICTION === "" || JURISDICTION === "none";
  const indexes = isAnywhere
    ? SEARCH_INDEX
    : SEARCH_INDEX.jurisdiction(JURISDICTION as DurableObjectJurisdiction);
  return timeout(ask(indexes.getByName(month)), MONTH_WITHIN_MS, `the index of ${month}`);
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
