import type { Config } from "./config/config.ts";
import { log, reasonOf } from "./lib/log.ts";
import { checkAlarms } from "./operate/check-alarms.ts";
import { deleteExpired } from "./operate/retention.ts";
import { drainOutbox } from "./queue/messages.ts";
import { cleanSessions } from "./store/sessions.ts";
import { cleanIdempotency } from "./store/submissions.ts";
import { sweepBodies } from "./store/sweep-bodies.ts";

/** The crons of wrangler.toml, each as its invocation names it. */
export const CRONS = { everyMinute: "* * * * *", hourly: "17 * * * *" };

/** With so many hours of large bodies left over, the sweeper does not keep up. */
const LATE_HOURS = 3;

/**
 * Every minute: sends what the queue refused before, continues the sweep of large bodies and the deletion of
 * transcripts whose retention is over, and sends due alarms. Once an hour: starts these anew, and removes
 * expired sessions and idempotency keys of the day before. A cron that wrangler.toml does not have does
 * both, so that nothing stops when somebody changes a time there.
 */
export async function sweep(cron: string, env: Env, config: Config): Promise<void> {
  if (cron !== CRONS.everyMinute) await sweepHourly(env, config);
  if (cron !== CRONS.hourly) await sweepEveryMinute(env, config);
}

async function sweepEveryMinute(env: Env, config: Config): Promise<void> {
  const isDrained = await runTask("outbox", () => drainOutbox(env));
  const areBodiesLate = !(await sweptBodies(env, "continue"));
  await deletedExpired(env, config, "continue");
  const stuck = { isOutboxStuck: !isDrained, areBodiesLate };
  await checkAlarms(env, config, stuck, Date.now()).catch((error) =>
    log("error", "alarms.stuck", { reason: reasonOf(error) }),
  );
}

async function sweepHourly(env: Env, config: Config): Promise<void> {
  await sweptBodies(env, "start");
  await runTask("sessions", () => cleanSessions(env.TRANSCRIPTS, Date.now()));
  await runTask("idempotency", () => cleanIdempotency(env.TRANSCRIPTS, Date.now()));
  await deletedExpired(env, config, "start");
}

const deletedExpired = (env: Env, { retention }: Config, run: "start" | "continue") =>
  runTask("retention", () => deleteExpired(env, retention, Date.now(), run));

/** Removes large bodies that nothing names; false when that failed, or more are left than should be. */
async function sweptBodies(env: Env, run: "start" | "continue"): Promise<boolean> {
  let hours = 0;
  const isSwept = await runTask("bodies", async () => {
    const { removed, hoursLeft } = await sweepBodies(env.TRANSCRIPTS, Date.now(), run);
    hours = hoursLeft;
    return removed;
  });
  if (hours >= LATE_HOURS) log("warn", "bodies.late", { hours });
  return isSwept && hours < LATE_HOURS;
}

/** Runs a task and logs its failure: the next run repeats it. False when it failed. */
async function runTask(what: string, clear: () => Promise<number>): Promise<boolean> {
  try {
    const cleared = await clear();
    if (cleared > 0) log("info", `${what}.cleared`, { cleared });
    return true;
  } catch (error) {
    log("error", `${what}.stuck`, { reason: reasonOf(error) });
    return false;
  }
}
