import type { Config } from "./config/config.ts";
import { log, reasonOf } from "./lib/log.ts";
import { eraseExpired } from "./operate/retention.ts";
import { watchOver } from "./operate/watch.ts";
import { drainOutbox } from "./queue/outbox.ts";
import { cleanIdempotency } from "./store/idempotency.ts";
import { cleanSessions } from "./store/sessions.ts";
import { sweepBodies } from "./store/sweep-bodies.ts";

/** The cron of wrangler.toml that runs once an hour; the other runs every minute. */
const HOURLY = "17 * * * *";

/**
 * Sends what the queue refused before, and tells whoever is to be alarmed. Once an hour removes what is over: what deliveries that died
 * left, sessions that have expired, idempotency keys of the day before, and transcripts older than the retention.
 */
export async function sweep(cron: string, env: Env, config: Config): Promise<void> {
  if (cron !== HOURLY) {
    const isDrained = await told("outbox", () => drainOutbox(env));
    return watchOver(env, config, !isDrained, Date.now()).catch((error) =>
      log("error", "alarms.stuck", { reason: reasonOf(error) }),
    );
  }
  const { retentionDays } = config;
  await told("bodies", () => sweepBodies(env.TRANSCRIPTS, Date.now()));
  await told("sessions", () => cleanSessions(env.TRANSCRIPTS, Date.now()));
  await told("idempotency", () => cleanIdempotency(env.TRANSCRIPTS, Date.now()));
  if (retentionDays !== null) {
    await told("retention", () => eraseExpired(env, retentionDays, Date.now()));
  }
}

/** What fails is left where it is: the next run takes it. False when something did. */
async function told(what: string, clear: () => Promise<number>): Promise<boolean> {
  try {
    const cleared = await clear();
    if (cleared > 0) log("info", `${what}.cleared`, { cleared });
    return true;
  } catch (error) {
    log("error", `${what}.stuck`, { reason: reasonOf(error) });
    return false;
  }
}
