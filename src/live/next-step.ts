import type { News } from "./message-table.ts";

/** What is known of a stream. All times in milliseconds; null: not yet. */
export type Progress = {
  /** Whether it is a job's, and no message has named its request or has words or an error. */
  isUnnamed: boolean;
  /** When anything was heard last. */
  heardAt: number;
  /** When the terminal message came. */
  terminalAt: number | null;
  /** Whether finals cover all of the audio that the terminal message tells of. */
  isCovered: () => boolean;
  /** When its last WebSocket was closed. */
  closedAt: number | null;
  storedAt: number | null;
  /** When the messages came that the stored document does not have; null: it has all. */
  news: News | null;
  /** How many documents were stored. */
  documents: number;
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
/** Several late messages come together; with the time to store it the document is new within 5 s. */
const LATE_MS = 3_000;
/**
 * A stream that continues long after its document was stored gets a new one less often: each is
 * written whole, translated and announced.
 */
const PROMPT_DOCUMENTS = 20;
const STEADY_MS = 60_000;
/** What is late after this is a stream of its own. Deepgram tries each message for five minutes. */
const KEPT_MS = 86_400_000;

/** The next step of a stream. */
export function nextStep(progress: Progress): Step {
  const { heardAt, terminalAt, isCovered, closedAt, storedAt, silenceMs } = progress;
  if (storedAt !== null) return nextOfStored(progress, storedAt);
  // A document of nothing under the id of the job would be in the way of the one to come.
  if (progress.isUnnamed) return { step: "silence", at: heardAt + KEPT_MS };
  const ends: Step[] = [{ step: "silence", at: heardAt + silenceMs }];
  if (closedAt !== null) ends.push({ step: "end", at: closedAt + CLOSED_MS });
  if (terminalAt !== null) {
    ends.push({ step: "end", at: terminalAt + (isCovered() ? SETTLE_MS : RETRY_MS) });
  }
  return ends.reduce((first, other) => (other.at < first.at ? other : first));
}

/** Of a stream that has a document. */
function nextOfStored(progress: Progress, storedAt: number): Step {
  const { heardAt, news, closedAt, documents } = progress;
  if (news === null) return { step: "purge", at: Math.max(storedAt, heardAt) + KEPT_MS };
  const isPrompt = documents < PROMPT_DOCUMENTS;
  const ends = [news.lastAt + LATE_MS, news.firstAt + (isPrompt ? LATE_MS : STEADY_MS)];
  if (closedAt !== null && closedAt >= news.firstAt) ends.push(closedAt + CLOSED_MS);
  return { step: "end", at: Math.min(...ends) };
}
