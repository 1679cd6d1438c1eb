type Level = "info" | "warn" | "error";

/**
 * Writes one structured log line. `facts` are ids, names, sizes and reasons: never a secret, never
 * the text of a transcript.
 */
export function log(level: Level, event: string, facts: Record<string, unknown> = {}): void {
  console[level](JSON.stringify({ level, event, ...facts }));
}

/** What an unknown thrown value says, cut to 300 characters. */
export function reasonOf(error: unknown): string {
  return String(error instanceof Error ? error.message : error).slice(0, 300);
}

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
