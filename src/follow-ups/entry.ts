import * as z from "zod";
import type { CallbackRecord } from "../store/record.ts";
import { type Effect, effect } from "./effect.ts";

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
  effect: z.string().transform((json) => effect.parse(JSON.parse(json))),
  state: z.enum(EFFECT_STATES),
  attempts: z.coerce.number(),
  generation: z.coerce.number().default(0),
  times_done: z.coerce.number().default(0),
  progress: z.coerce.number().optional(),
  last_error: z.string().default(""),
  not_before: z.iso.datetime().optional(),
  unknown_since: z.iso.datetime().optional(),
  body: z.string().optional(),
  updated_at: z.iso.datetime(),
});

/** What is known of one effect. */
export type Entry = {
  effect: Effect;
  state: (typeof EFFECT_STATES)[number];
  /** Attempts begun in this generation. */
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
  /** Of a translation: the SHA-256 of the body that it was last tried for. */
  body?: string;
};

// Longer than any attempt takes with its time-outs. Who does not close an entry by then has died.
const LEASE_SECONDS = 60;
const TRANSLATION_LEASE_SECONDS = 180;

/** Reads the custom metadata of a ledger object. Throws on one that is not ours. */
export function toEntry({ customMetadata }: Pick<R2Object, "customMetadata">): Entry {
  const {
    last_error,
    updated_at,
    not_before,
    unknown_since,
    times_done,
    progress,
    body,
    ...stored
  } = metadata.parse(customMetadata);
  return {
    ...stored,
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
    ...(entry.body !== undefined && { body: entry.body }),
  };
}

/** Whole seconds until an entry may be claimed: while it is being tried, and while it backs off. */
export function secondsUntilFree(
  { effect, state, updatedAt, notBefore }: Entry,
  now: number,
): number {
  const leaseSeconds = effect.channel === "translate" ? TRANSLATION_LEASE_SECONDS : LEASE_SECONDS;
  const freeAt =
    state === "running"
      ? Date.parse(updatedAt) + leaseSeconds * 1_000
      : Date.parse(notBefore ?? updatedAt);
  return Math.max(Math.ceil((freeAt - now) / 1_000), 0);
}

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
  // Entries from before they told their body are of the first one.
  body === undefined ? succession === null : body === sha256;
