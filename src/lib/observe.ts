import { type Level, log } from "./log.ts";

/** Facts that are counted beside being logged. */
type Facts = {
  request_id?: string | undefined;
  outcome: string;
  reason?: string | undefined;
  channel?: string | undefined;
  ms?: number | undefined;
  bytes?: number | undefined;
  age_seconds?: number | undefined;
  [fact: string]: unknown;
};

/**
 * Logs an event, and writes it as a data point: `index1` and `blob1` the event, `blob2` the outcome,
 * `blob3` the reason, `blob4` the channel; `double1` milliseconds, `double2` bytes, `double3` seconds of age. A dataset that
 * is not there, or throws, is no hindrance.
 */
export function observe(
  env: Pick<Env, "METRICS">,
  level: Level,
  event: string,
  facts: Facts,
): void {
  log(level, event, facts);
  const { outcome, reason = "", channel = "", ms = 0, bytes = 0, age_seconds = 0 } = facts;
  try {
    env.METRICS?.writeDataPoint({
      indexes: [event],
      blobs: [event, outcome, reason, channel],
      doubles: [ms, bytes, age_seconds],
    });
  } catch {
    // The log has it.
  }
}
