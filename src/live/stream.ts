import type { RequestId } from "../deepgram/request-id.ts";
import { MAX_CHANNELS } from "../segments/limits.ts";
import { isCovered } from "./coverage.ts";
import type { Messages } from "./document.ts";
import { createInterims } from "./interims.ts";
import type { Kind, LiveMessage } from "./message.ts";
import { type KeptMessage, messageTable } from "./message-table.ts";
import { keptMessages, liveMessages } from "./messages.ts";
import { metadataOf } from "./metadata.ts";
import type { Progress } from "./next-step.ts";
import { newStream, type Origin, type StreamState } from "./stream-state.ts";

const STATE = "stream";

/** How far a live request has come. */
export type LiveProgress = {
  /** Seconds of audio of which there is text that stays. */
  duration: number;
  channels: number;
  /** How many results are final. */
  finals: number;
  /** When a message came last; ISO 8601, UTC. */
  heard_at: string;
};

/** The messages of one stream and what is known of it. Interims are in memory alone, all else in storage. */
export function createStream({ sql, kv }: DurableObjectStorage) {
  const table = messageTable(sql);
  const interims = createInterims();
  let state = kv.get<StreamState>(STATE) ?? null;
  /** The number of the last message that is kept. */
  let seq = 0;
  /** 0 as long as this instance has heard nothing. */
  let heardAt = 0;
  if (state !== null) {
    seq = table.last();
    for (const { channel, end } of table.ends()) interims.finalUpTo(channel, end);
  }

  const lastHeard = ({ startedAt }: StreamState) => Math.max(heardAt, table.lastHeard(), startedAt);

  const kept = (requestId: RequestId, upTo = seq): Messages => keptMessages(table, requestId, upTo);

  /** Whether finals cover all the audio that the terminal message tells of. */
  function isWhole({ requestId }: StreamState): boolean {
    if (requestId === null) return false;
    const { duration, channels } = metadataOf(kept(requestId));
    return [...Array(Math.min(Number(channels), MAX_CHANNELS)).keys()].every((channel) =>
      isCovered(table.select({ kind: "final", channel, upTo: seq }), Number(duration)),
    );
  }

  function change(changed: Partial<StreamState>): void {
    if (state === null) return;
    Object.assign(state, changed);
    kv.put(STATE, state);
  }

  return {
    /** Null before the first message, and after all was forgotten. */
    state: () => state,
    change,
    kept,
    /** The number of messages that are kept. */
    count: () => seq,
    isFresh: () => heardAt === 0,
    isEnding: () => table.terminalAt() !== null,
    finalsSince: (heard: number) => table.finalsSince(heard),
    /** The messages, whichever request they are of. */
    unmatched: (upTo: number) => ({
      select: (kind: Kind) => table.select({ kind, upTo }),
    }),

    begin(origin: Origin, now: number): StreamState {
      table.create();
      state = newStream(origin, now);
      kv.put(STATE, state);
      return state;
    },

    hear(now: number): void {
      heardAt = now;
    },

    /** Keeps a message durably. Null when it is there already. */
    keep(message: LiveMessage, digest: string, heard: number): KeptMessage | null {
      const own = { digest, seq: seq + 1, heard };
      if (!table.add(message, own)) return null;
      seq = own.seq;
      const { channel, start, duration, json } = message;
      if (message.kind === "final") interims.finalUpTo(channel, start + duration);
      return { channel, start, duration, seq, heard, json };
    },

    /** False for an interim that is older than what is known. */
    show: interims.put,

    /** Forgets the request that the messages have told of, and what they said of it. */
    disown(): void {
      table.forget();
      interims.clear();
      change({ requestId: null });
    },

    /** Forgets what is in memory. */
    clear(): void {
      state = null;
      seq = 0;
      interims.clear();
    },

    progress(known: StreamState, silenceMs: number): Progress {
      const { closedAt, storedAt, storedSeq } = known;
      const terminalAt = table.terminalAt();
      const isCovered = terminalAt !== null && isWhole(known);
      const times = { heardAt: lastHeard(known), terminalAt, closedAt, storedAt, silenceMs };
      return { ...times, isCovered, hasNews: seq > storedSeq };
    },

    liveProgress(): LiveProgress | null {
      return (
        state && {
          duration: table.end(seq),
          channels: table.channels(seq),
          finals: table.count("final"),
          heard_at: new Date(lastHeard(state)).toISOString(),
        }
      );
    },

    /** All that is known so far, interims included; null before the request is known. */
    soFar(): Messages | null {
      const requestId = state?.requestId ?? null;
      return requestId && liveMessages(kept(requestId), interims);
    },
  };
}
