import type { TranscriptStatus } from "./transcript-status.ts";

/** An event of a transcript: its state, or that of one follow-up, as it is now. */
export type Change = { event: "state" | "follow-up"; at: Mark; data: string };

/** When something changed, and what: the order of the events of a request. */
export type Mark = { ms: number; name: string };

/** By how much the clocks of two machines may differ. */
const SKEW_MS = 2_000;

/** A client that was redirected from another request sends the mark of that one. */
const REQUEST_CHARS = 8;

/** The `id` of an event. */
export const markText = (requestId: string, { ms, name }: Mark) =>
  `${ms}.${requestId.slice(0, REQUEST_CHARS)}.${name}`;

/** Reads a `Last-Event-ID`; null for one that is not ours, or of another request. */
export function parseMark(requestId: string, id: string | undefined): Mark | null {
  const [, ms, request, name] =
    /^(\d{1,15})\.([0-9a-f]+)\.([\x21-\x7e]{0,300})$/.exec(id ?? "") ?? [];
  if (ms === undefined || name === undefined) return null;
  return request === requestId.slice(0, REQUEST_CHARS) ? { ms: Number(ms), name } : null;
}

/** All that a status tells, in the order in which it came to be so. */
export function changesOf({ follow_ups, ...status }: TranscriptStatus): Change[] {
  const { request_id, state, kind, error, successor } = status;
  const at = stateSince(status);
  const changes: Change[] = follow_ups.map((followUp) => ({
    event: "follow-up",
    at: { ms: Date.parse(followUp.updated_at), name: followUp.name },
    data: JSON.stringify({ request_id, ...followUp }),
  }));
  changes.push({
    event: "state",
    at: { ms: Date.parse(at), name: state },
    data: JSON.stringify({ request_id, state, kind, at, error, ...(successor && { successor }) }),
  });
  return changes.sort((one, other) => order(one.at, other.at));
}

/** Of marks that one clock has made. */
export const isAfter = (one: Mark, other: Mark) => order(one, other) > 0;

/** Of marks that many clocks have made: nothing that came after is false, some that came before are true. */
export const mayBeAfter = (one: Mark, other: Mark) =>
  one.ms > other.ms - SKEW_MS && order(one, other) !== 0;

/** ISO 8601, UTC. */
function stateSince(status: Omit<TranscriptStatus, "follow_ups">): string {
  // What is overdue has become so at its deadline.
  const overdue = status.state === "overdue" ? status.deadline_at : null;
  const times = [overdue, status.received_at, status.deleted_at, status.expected_at];
  return times.find((time) => time != null) ?? new Date(0).toISOString();
}

function order(one: Mark, other: Mark): number {
  if (one.ms !== other.ms) return one.ms - other.ms;
  return one.name < other.name ? -1 : Number(one.name > other.name);
}
