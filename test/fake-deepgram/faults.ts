import type { ErrorSpelling } from "../support/bodies/errors.ts";

/** What is wrong with one job; without any of it the job goes well. */
export type Faults = {
  /** Times the callback is delivered. */
  copies: number;
  /** The copies are sent at the same time. */
  together: boolean;
  /** Copies after the first have other bytes under the same request id. */
  conflict: boolean;
  /** The callback waits until the job accepted next is done. */
  afterNext: boolean;
  /** The callback comes before the answer to the submission. */
  early: boolean;
  /** The callback is never made. */
  lose: boolean;
  /** The first `attempts` attempts break off after `bytes` bytes of the body. */
  cut: { bytes: number; attempts: number } | null;
  /** An error in place of the transcript. */
  error: ErrorSpelling | null;
  /** Exact length of the transcript. */
  bytes: number | null;
  words: number | null;
  channels: number | null;
  silence: boolean;
  /** Puts `metadata` behind `results`; takes `bytes` to work. */
  metadataLast: boolean;
  /** No `content-length`. */
  chunked: boolean;
  /** Pause between the pieces of the body, about ten. */
  trickleMs: number;
  /** Added to the time the transcription takes. */
  delayMs: number;
  /** Status that answers the submission; no job is made. */
  refuse: number | null;
  /** The submission is accepted, its connection closed without an answer. */
  hangUp: boolean;
};

export const NO_FAULTS: Faults = {
  copies: 1,
  together: false,
  conflict: false,
  afterNext: false,
  early: false,
  lose: false,
  cut: null,
  error: null,
  bytes: null,
  words: null,
  channels: null,
  silence: false,
  metadataLast: false,
  chunked: false,
  trickleMs: 0,
  delayMs: 0,
  refuse: null,
  hangUp: false,
};
