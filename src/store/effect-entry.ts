import * as z from "zod";
import { type Effect, effect } from "../config/follow-ups.ts";
import { parseJson } from "../lib/bytes.ts";
import type { CallbackRecord } from "./record.ts";

export const EFFECT_STATES = [
  "queued",
  "running",
  "retrying",
  "done",
  "failed",
  "dead",
  "uncertain",
  "cancelled",
] as const;

const metadata = z.object({
  id: z.string().default(""),
  effect: z
    .string()
    .transform((json): unknown => parseJson(json))
    .pipe(effect),
  state: z.enum(EFFECT_STATES),
  attempts: z.coerce.number(),
  generation: z.coerce.number().default(0),
  times_done: z.coerce.number().default(0),
  progress: z.coerce.number().optional(),
  last_error: z.string().default(""),
  not_before: z.iso.datetime().optional(),
  unknown_since: z.iso.datetime().optional(),
  message_id: z.string().optional(),
  counted_on: z.iso.date().optional(),
  body: z.string().optional(),
  updated_at: z.iso.datetime(),
});

/** What is known of one effect. */
export type Entry = {
  /** At random; names the effect where its receiver is not to be named. */
  id: string;
  effect: Effect;
  state: (typeof EFFECT_STATES)[number];
  /** Attempts started in this generation. */
  attempts: number;
  /** How often a person has had it done again. */
  generation: number;
  /** How often it had been done when a person had it done again. */
  timesDone: number;
  /** From 0 to 1, where an effect is done in parts. */
  progress?: number;
  /** Of the last attempt that failed, in ASCII; empty when none did. */
  lastError: string;
  /** ISO 8601, UTC. */
  updatedAt: string;
  /** The next attempt begins no earlier; ISO 8601, UTC. */
  notBefore?: string;
  /** When the first attempt was made whose end nobody knows; ISO 8601, UTC. */
  unknownSince?: string;
  /** The provider's own id of the e-mail or text that it took last, in ASCII. */
  messageId?: string;
  /** The UTC day on which its message was counted against `DAILY_MESSAGES` last. */
  countedOn?: string;
  /** Of a translation: the SHA-256 of the body that it was last tried for. */
  body?: string;
};

/** The longest that the queue consumer waits for the work of one message. */
export const WORK_WITHIN_MS = 180_000;

/**
 * Longer than the consumer waits for an attempt, which claims its effect after it began. An attempt
 * that is still not closed then has died.
 */
export const LEASE_MS = 240_000;

/** Nothing is sent any more when less is left of the lease: more than a provider is waited for. */
const LAST_SENDING_MS = 15_000;

/**
 * Reads the custom metadata of a ledger object. Null for an effect or a state of a newer version, as
 * after a rollback: this version can neither do it nor say how far it is.
 */
export function toEntry({ customMetadata }: Pick<R2Object, "customMetadata">): Entry | null {
  const { data } = metadata.safeParse(customMetadata);
  if (data === undefined) return null;
  const {
    last_error,
    updated_at,
    not_before,
    unknown_since,
    times_done,
    progress,
    message_id,
    counted_on,
    body,
    ...stored
  } = data;
  return {
    ...stored,
    ...(message_id !== undefined && { messageId: message_id }),
    ...(counted_on !== undefined && { countedOn: counted_on }),
    timesDone: times_done,
    lastError: last_error,
    updatedAt: updated_at,
    ...(progress !== undefined && { progress }),
    ...(not_before !== undefined && { notBefore: not_before }),
    ...(unknown_since !== undefined && { unknownSince: unknown_since }),
    ...(body !== undefined && { body }),
  };
}

/** The custom metadata under which an entry is kept: ASCII, as HTTP headers are. */
export function entryMetadata(entry: Entry): Record<string, string> {
  return {
    id: entry.id,
    effect: JSON.stringify(entry.effect),
    state: entry.state,
    attempts: String(entry.attempts),
    generation: String(entry.generation),
    times_done: String(entry.timesDone),
    last_error: entry.lastError,
    updated_at: entry.updatedAt,
    ...(entry.progress !== undefined && { progress: String(entry.progress) }),
    ...(entry.notBefore !== undefined && { not_before: entry.notBefore }),
    ...(entry.unknownSince !== undefined && { unknown_since: entry.unknownSince }),
    ...(entry.messageId !== undefined && { message_id: entry.messageId }),
    ...(entry.countedOn !== undefined && { counted_on: entry.countedOn }),
    ...(entry.body !== undefined && { body: entry.body }),
  };
}

/** Whole seconds until an entry may be claimed: while it is being tried, and while it backs off. */
export function secondsUntilFree({ state, updatedAt, notBefore }: Entry, now: number): number {
  const freeAt =
    state === "running" ? Date.parse(updatedAt) + LEASE_MS : Date.parse(notBefore ?? updatedAt);
  return Math.max(Math.ceil((freeAt - now) / 1_000), 0);
}

/** Whether an attempt that claimed its effect when the entry was written may still begin to send. */
export const maySend = ({ updatedAt }: Entry, now: number): boolean =>
  now < Date.parse(updatedAt) + LEASE_MS - LAST_SENDING_MS;

/** Whether nothing more will happen by itself. */
export const isSettled = ({ state }: Entry) =>
  state === "done" ||
  state === "failed" ||
  state === "dead" ||
  state === "uncertain" ||
  state === "cancelled";

/** Whether what is known of a translation is about this body. */
export const isOfBody = (
  { body }: Entry,
  { sha256, succession }: Pick<CallbackRecord, "sha256" | "succession">,
): boolean =>
  // Older entries have no digest: they are of the first body.
  body === undefined ? succession === null : body === sha256;

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
