import { log, reasonOf } from "../log.ts";
import { cleanSpool } from "../store/spool.ts";
import { drainOutbox } from "./outbox.ts";

/** The cron of wrangler.toml that runs once an hour; the other runs every minute. */
const HOURLY = "17 * * * *";

/** Sends what the queue refused before, and once an hour removes what deliveries that died left. */
export async function sweep(cron: string, env: Env): Promise<void> {
  if (cron === HOURLY) await told("spool", () => cleanSpool(env.TRANSCRIPTS, Date.now()));
  else await told("outbox", () => drainOutbox(env));
}

/** What fails is left where it is: the next run takes it. */
async function told(what: string, clear: () => Promise<number>): Promise<void> {
  try {
    const objects = await clear();
    if (objects > 0) log("info", `${what}.cleared`, { objects });
  } catch (error) {
    log("error", `${what}.stuck`, { reason: reasonOf(error) });
  }
}
