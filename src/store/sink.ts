/** An object of R2 that is being written. All methods throw when R2 does not answer or refuses. */
export type Sink = {
  /** The chunk must not change afterwards. */
  write: (chunk: Uint8Array) => Promise<void>;
  /** After all bytes: the object exists when this resolves. */
  commit: () => Promise<void>;
  /** Leaves nothing behind. */
  abort: () => Promise<void>;
};

/** For one step of writing. Deepgram is taken to wait 10 s for an answer. */
export const SINK_TIMEOUT_MS = 6_000;

/** For giving up after a step that took its whole time: the answer is still to be in time. */
export const ABORT_TIMEOUT_MS = 2_000;
