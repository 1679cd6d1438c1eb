export type Level = "info" | "warn" | "error";

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
