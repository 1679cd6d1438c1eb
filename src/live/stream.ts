import type { Job } from "../auth/job-credentials.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import type { Messages } from "./document.ts";
import { createInterimEnds, createInterims, type Interims } from "./interims.ts";
import type { Kind, LiveMessage } from "./message.ts";
import { type KeptMessage, type MessageTable, messageTable, type News } from "./message-table.ts";
import { isCovered, terminalAudio } from "./metadata.ts";
import type { Progress } from "./next-step.ts";

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

const newStream = (origin: Origin, now: number): StreamState => ({
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

/**
 * The messages of one stream and what is known of it. Of interims only how far they reach is in
 * storage, all else of a stream is.
 */
export function createStream({ sql, kv }: DurableObjectStorage) {
  const table = messageTable(sql);
  const interims = createInterims();
  let state = storedState(kv.get<StreamState>(STATE));
  /** The number of the last message that is kept; of an interim its end is kept. */
  let seq = 0;
  /** News that the stored document does not have. */
  let news: News | null = null;
  /** 0 as long as this instance has heard nothing. */
  let heardAt = 0;
  const interimEnds = createInterimEnds((channel, end) => {
    const heard = Date.now();
    table.putInterimEnd(channel, end, { seq: seq + 1, heard });
    tellNews(heard);
  });
  if (state !== null) {
    table.create();
    seq = table.last();
    news = table.news(state.storedSeq);
    for (const { channel, end } of table.ends()) interims.finalUpTo(channel, end);
    for (const { channel, end } of table.interimEnds()) interimEnds.load(channel, end);
  }

  function tellNews(heard: number): void {
    seq++;
    news = { firstAt: news?.firstAt ?? heard, lastAt: heard };
  }

  const lastHeard = ({ startedAt }: StreamState) => Math.max(heardAt, table.lastHeard(), startedAt);

  const kept = (requestId: RequestId, upTo = seq): Messages =>
    keptMessages(table, requestId, upTo, interimEnds);

  /** Whether finals cover all the audio that the terminal message tells of. */
  function isWhole(requestId: RequestId | null): boolean {
    const audio = requestId && terminalAudio(kept(requestId));
    if (!audio) return false;
    return [...Array(audio.channels).keys()].every((channel) =>
      isCovered(table.select({ kind: "final", channel, upTo: seq }), audio.seconds),
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
      tellNews(heard);
      const { channel, start, duration, json } = message;
      if (message.kind === "final") interims.finalUpTo(channel, start + duration);
      return { channel, start, duration, seq: own.seq, heard, json };
    },

    /** False for an interim that is older than what is known. */
    show: interims.put,

    /**
     * Notes how far an interim reaches, durably within 5 s. Gives when \`saveInterimEnds\` is to be
     * called, in milliseconds; null when there is nothing to save.
     */
    reach({ channel, start, duration, hasSpeech }: LiveMessage, now: number): number | null {
      const end = start + duration;
      if (!hasSpeech || interims.isFinalUpTo(channel, end)) return interimEnds.dueAt();
      interimEnds.extend(channel, end);
      interimEnds.saveDue(now);
      return interimEnds.dueAt();
    },

    /** Saves what is due; gives when the rest is, as `reach` does. */
    saveInterimEnds(now: number): number | null {
      interimEnds.saveDue(now);
      return interimEnds.dueAt();
    },

    /** Tells that the first \`upTo\` messages are in a stored document. */
    stored(upTo: number, now: number): void {
      const documents = (state?.documents ?? 0) + 1;
      change({ storedAt: now, storedSeq: upTo, documents });
      news = table.news(upTo);
    },

    /** Forgets the request that the messages named, and what they said of it. */
    disown(): void {
      table.forget();
      interims.clear();
      interimEnds.clear();
      change({ requestId: null });
    },

    /** Forgets the first `upTo` messages: the Durable Object of this name has them. */
    handedTo(owner: string, upTo: number): void {
      table.forgetUpTo(upTo);
      interims.clear();
      interimEnds.clear();
      news = null;
      change({ forwardTo: owner, isClaimed: true });
    },

    /** Forgets what is in memory. */
    clear(): void {
      state = null;
      seq = 0;
      news = null;
      interims.clear();
      interimEnds.clear();
    },

    progress(known: StreamState, silenceMs: number): Progress {
      const { closedAt, storedAt, documents, requestId, job } = known;
      return {
        isUnnamed: requestId === null && job !== null && table.hasOnlyMarks(),
        heardAt: lastHeard(known),
        terminalAt: table.terminalAt(),
        isCovered: () => isWhole(requestId),
        closedAt,
        storedAt,
        news: storedAt === null ? null : news,
        documents,
        silenceMs,
      };
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

/** A state that was stored before a member was added lacks it. */
const storedState = (stored: StreamState | undefined): StreamState | null =>
  stored === undefined ? null : { ...newStream(stored, stored.startedAt), ...stored };

/** What of a stream is kept: its first `upTo` messages. */
const keptMessages = (
  table: MessageTable,
  requestId: RequestId,
  upTo: number,
  interimEnds: Pick<ReturnType<typeof createInterimEnds>, "furthest" | "channels">,
): Messages => ({
  requestId,
  isLive: false,
  channels: table.channels(upTo),
  end: table.end(upTo),
  interims: { channels: interimEnds.channels(), end: interimEnds.furthest() },
  select: (kind, channel) =>
    table.select({ kind, upTo, ...(channel !== undefined && { channel }) }),
});

/** The same while the stream is open, with interims that no final has replaced yet. */
function liveMessages(kept: Messages, interims: Interims): Messages {
  return {
    ...kept,
    isLive: true,
    channels: Math.max(kept.channels, interims.channels()),
    *select(kind, channel) {
      yield* kept.select(kind, channel);
      const interim = kind === "final" && channel !== undefined ? interims.of(channel) : null;
      if (interim !== null) yield interim;
    },
  };
}
