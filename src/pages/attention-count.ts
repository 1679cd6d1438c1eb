import { timeout } from "../lib/timeout.ts";
import { countDeadLetters } from "../store/dead-letters.ts";
import { countQuarantined } from "../store/quarantine.ts";

/** The bar waits no longer for its figure. */
const WITHIN_MS = 1_000;

/** How much waits for a person; null when that cannot be counted at the moment. */
export async function countAttention(env: Env): Promise<number | null> {
  const counting = Promise.all([
    countOverdue(env.CATALOGUE),
    countDeadLetters(env.TRANSCRIPTS),
    countQuarantined(env.TRANSCRIPTS),
  ]);
  return timeout(counting, WITHIN_MS, "counting").then(
    (counts) => counts.reduce((sum, each) => sum + each, 0),
    // The page says it itself when its own data cannot be read.
    () => null,
  );
}

/** How many requests are overdue, as the catalogue knows. */
async function countOverdue(db: D1Database): Promise<number> {
  const overdue = await db
    .prepare("SELECT COUNT(*) AS count FROM listed WHERE tag = '' AND state = 'overdue'")
    .first<number>("count");
  return overdue ?? 0;
}
