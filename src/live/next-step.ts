/** What is known of a stream. All times in milliseconds; null: not yet. */
export type Progress = {
  /** When anything was heard last. */
  heardAt: number;
  /** When the terminal message came. */
  terminalAt: number | null;
  /** Whether finals cover all of the audio that the terminal message tells of. */
  isCovered: boolean;
  /** When its last WebSocket was closed. */
  closedAt: number | null;
  storedAt: number | null;
  /** Whether there are messages that the stored document does not have. */
  hasNews: boolean;
  silenceMs: number;
};

/** What is to be done, and when; `silence` ends a stream as well. */
export type Step = { step: "end" | "silence" | "purge"; at: number };

/** For messages that have been overtaken by the terminal one. */
const SETTLE_MS = 2_000;
/** For messages of a closed WebSocket that are still being taken. */
const CLOSED_MS = 500;
/** For finals that are missing: Deepgram comes back 30 s after an answer that is not 2xx. */
const RETRY_MS = 35_000;
/** Several that are late come together. */
const LATE_MS = 5_000;
/** What is late after this is a stream of its own. */
const KEPT_MS = 86_400_000;

/** The next step of a stream. */
export function nextStep(progress: Progress): Step {
  const { heardAt, terminalAt, isCovered, closedAt, storedAt, hasNews, silenceMs } = progress;
  if (storedAt !== null) {
    return hasNews
      ? { step: "end", at: heardAt + LATE_MS }
      : { step: "purge", at: storedAt + KEPT_MS };
  }
  const ends: Step[] = [{ step: "silence", at: heardAt + silenceMs }];
  if (closedAt !== null) ends.push({ step: "end", at: closedAt + CLOSED_MS });
  if (terminalAt !== null) {
    ends.push({ step: "end", at: terminalAt + (isCovered ? SETTLE_MS : RETRY_MS) });
  }
  return ends.reduce((first, other) => (other.at < first.at ? other : first));
}
