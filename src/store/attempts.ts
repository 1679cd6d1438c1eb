import * as z from "zod";
import { parseJson } from "../lib/bytes.ts";

/** How an attempt ended; `running` of one under way, `unknown` where nobody recorded the end. */
export const ATTEMPT_OUTCOMES = [
  "running",
  "done",
  "partial",
  "retrying",
  "failed",
  "uncertain",
  "cancelled",
  "unknown",
] as const;

const recordedAttempt = z.object({
  attempt: z.int(),
  at: z.iso.datetime(),
  outcome: z.enum(ATTEMPT_OUTCOMES).catch("unknown"),
  status: z.int().optional(),
  ms: z.int().nullable(),
  error: z.string().optional(),
  next_at: z.iso.datetime().optional(),
});

/** One attempt at an effect, as the body of its ledger object and the timeline have it. */
export type RecordedAttempt = {
  /** Counted from 1 over all generations of the effect. */
  attempt: number;
  /** When it began; ISO 8601, UTC. */
  at: string;
  /** `partial`: one part of a translation was done; what follows continues the same attempt. */
  outcome: (typeof ATTEMPT_OUTCOMES)[number];
  /** The HTTP status of the provider's last answer. */
  status?: number | undefined;
  /** How long it took; null where its end is not known, or not yet. */
  ms: number | null;
  /** In ASCII, at most 300 characters, free of secrets. */
  error?: string | undefined;
  /** Another attempt begins no earlier; ISO 8601, UTC. */
  next_at?: string | undefined;
};

/** A ledger object keeps so many attempts, the last ones. */
const MAX_ATTEMPTS = 20;

const ledgerBody = z.object({ attempts: z.array(recordedAttempt) });

/**
 * The body of a ledger object. An etag is the hash of the body: without a text of its own for every
 * write, two claims made on the same state would both hold.
 */
export const toLedgerBody = (attempts: readonly RecordedAttempt[]): string =>
  JSON.stringify({ write: crypto.randomUUID(), attempts });

/** The attempts in the body of a ledger object; none in one from before they were kept there. */
export const attemptsIn = (body: string): RecordedAttempt[] =>
  ledgerBody.safeParse(parseJson(body)).data?.attempts ?? [];

/** The attempts with one that begins, whose number is at least `atLeast`; after a part, that continues. */
export function beginAttempt(
  attempts: readonly RecordedAttempt[],
  at: string,
  atLeast: number,
): RecordedAttempt[] {
  const before = loseAttempt(attempts);
  const last = before.at(-1);
  if (last?.outcome === "partial") return [...before.slice(0, -1), { ...last, outcome: "running" }];
  const attempt = Math.max((last?.attempt ?? 0) + 1, atLeast);
  const begun: RecordedAttempt = { attempt, at, outcome: "running", ms: null };
  return [...before, begun].slice(-MAX_ATTEMPTS);
}

/** The attempts with the end of the one under way; `ms` is added to that of its earlier parts. */
export function endAttempt(
  attempts: readonly RecordedAttempt[],
  end: Omit<RecordedAttempt, "attempt" | "at">,
): RecordedAttempt[] {
  const last = attempts.at(-1);
  if (last?.outcome !== "running") return [...attempts];
  const ms = end.ms === null ? null : (last.ms ?? 0) + end.ms;
  return [...attempts.slice(0, -1), { ...end, attempt: last.attempt, at: last.at, ms }];
}

/** The attempts when nobody will record the end of the one under way. */
export const loseAttempt = (attempts: readonly RecordedAttempt[]): RecordedAttempt[] =>
  endAttempt(attempts, { outcome: "unknown", ms: null });

/** The attempts without the one under way: nothing was tried. */
export const dropAttempt = (attempts: readonly RecordedAttempt[]): RecordedAttempt[] =>
  attempts.filter(({ outcome }) => outcome !== "running");
