import { log, reasonOf } from "../log.ts";
import { drainOutbox } from "./outbox.ts";

/** What the cron does every minute: sends what the queue refused before. */
export async function sweep(env: Env): Promise<void> {
  try {
    const drained = await drainOutbox(env);
    if (drained > 0) log("info", "outbox.drained", { messages: drained });
  } catch (error) {
    // The markers stay; the next run takes them.
    log("error", "outbox.stuck", { reason: reasonOf(error) });
  }
}
