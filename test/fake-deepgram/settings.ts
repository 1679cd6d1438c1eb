import type { Attempt, Job } from "./job.ts";

/** What the fake tells while it works. `attempt` and `retry` concern one delivery of one job. */
export type FakeEvent =
  | { kind: "accepted"; job: Job }
  | { kind: "refused"; status: number; message: string }
  | { kind: "attempt"; job: Job; attempt: Attempt }
  | { kind: "retry"; job: Job; copy: number; inMs: number }
  | { kind: "dropped"; job: Job; copy: number }
  /** No callback could be made, for example because its body cannot be so small. */
  | { kind: "broken"; job: Job; message: string };

/** Everything is optional; `DEFAULTS` has what Deepgram does. */
export type FakeDeepgramOptions = {
  /** 0 takes a free port. */
  port?: number;
  /** Transcripts are a function of the seed and the number of the job. */
  seed?: number;
  /** The only API key accepted; null accepts any that is not empty. */
  key?: string | null;
  /** How long a transcription takes. */
  delayMs?: number;
  retries?: number;
  retryIntervalMs?: number;
  /** Longest wait for the callback server in one attempt. */
  timeoutMs?: number;
  /** Sent as `dg-token`; null leaves the header out. */
  dgToken?: string | null;
  /** Lets callbacks go to any port of this machine, not only to those Deepgram allows. */
  anyLoopbackPort?: boolean;
  /** The form of `callback` in the management answer; both exist. */
  callbackShape?: "object" | "string";
  /** Behaviours of every job, as in `fake=`. */
  fake?: string;
  onEvent?: (event: FakeEvent) => void;
};

export type Settings = Required<FakeDeepgramOptions>;

export const DEFAULTS: Settings = {
  port: 0,
  seed: 1,
  key: null,
  delayMs: 50,
  retries: 10,
  retryIntervalMs: 30_000,
  timeoutMs: 10_000,
  dgToken: null,
  anyLoopbackPort: true,
  callbackShape: "object",
  fake: "",
  onEvent: () => {},
};
