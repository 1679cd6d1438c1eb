import type { CallbackTarget } from "./callback-url.ts";

/** One try to deliver. `status` is null when no answer came; then `error` says why. */
export type Attempt = {
  /** Which delivery of the same callback, from 1; more than one only with duplicates. */
  copy: number;
  /** Which try of that delivery, from 1. */
  number: number;
  /** Milliseconds since 1970. */
  startedAt: number;
  /** How long it took, in milliseconds. */
  ms: number;
  status: number | null;
  error: string | null;
};

/**
 * `answered`: no callback was asked for. `lost`: the callback is never made, as configured. `dropped`: at
 * least one delivery failed to the last retry, or none could be made.
 */
export type JobState = "waiting" | "answered" | "delivered" | "dropped" | "lost";

/** What the fake remembers of a submission. */
export type Job = {
  requestId: string;
  /** Counts the accepted submissions, from 1. */
  number: number;
  state: JobState;
  /** Milliseconds since 1970. */
  acceptedAt: number;
  /** Path and query of the submission, with credentials and secrets struck out. */
  path: string;
  audio: { bytes: number; sha256: string };
  /** Without credentials. */
  callback: { url: string; method: "POST" | "PUT" } | null;
  attempts: Attempt[];
};

/** What a callback is sent with. */
export type Delivery = CallbackTarget & { method: "POST" | "PUT"; dgToken: string | null };
