import type { Job } from "../auth/job.ts";
import type { RequestId } from "../deepgram/request-id.ts";

/** By which way the messages of a stream come: the name of their Durable Object, and the job, if any. */
export type Origin = { name: string; job: Job | null };

/** What is kept of a stream besides its messages. Times in milliseconds; null: not yet. */
export type StreamState = Origin & {
  startedAt: number;
  /** As the first message with an id has it; null also where only its job tells the request. */
  requestId: RequestId | null;
  /** Whether it is known outside by which name its object is found. */
  isClaimed: boolean;
  closedAt: number | null;
  storedAt: number | null;
  /** How many messages the stored document has. */
  storedSeq: number;
  /** How many documents were stored. */
  documents: number;
  /** The name of the Durable Object that has the request; null as long as it is this one. */
  forwardTo: string | null;
  /** Whether an alarm has found an object that had lost its memory. */
  isDoubted: boolean;
};

export const newStream = (origin: Origin, now: number): StreamState => ({
  ...origin,
  startedAt: now,
  requestId: null,
  isClaimed: false,
  closedAt: null,
  storedAt: null,
  storedSeq: 0,
  documents: 0,
  forwardTo: null,
  isDoubted: false,
});
