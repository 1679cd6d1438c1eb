import type { Kind, LiveMessage } from "./message.ts";

/** A message as it is kept. */
export type KeptMessage = {
  channel: number;
  start: number;
  duration: number;
  /** Counts the messages of the stream, from 1. */
  seq: number;
  /** When it came, in milliseconds. */
  heard: number;
  json: string;
};

/** Milliseconds. */
export type News = { firstAt: number; lastAt: number };

type Nullable<Fields> = { [Name in keyof Fields]: Fields[Name] | null };

/** What a message is kept with besides what it says. */
type Own = { digest: string; seq: number; heard: number };

/** Which messages, in order of channel and time: of one kind, and of one channel or of all. */
export type Selection = { kind: Kind; channel?: number; upTo: number };

const PAGE_MESSAGES = 50;

// Without a rowid a message is one row written: the primary key is the table.
const CREATE = `
  CREATE TABLE IF NOT EXISTS messages (
    kind TEXT NOT NULL, channel INTEGER NOT NULL, start REAL NOT NULL, duration REAL NOT NULL,
    digest TEXT NOT NULL, seq INTEGER NOT NULL, heard INTEGER NOT NULL, json TEXT NOT NULL,
    PRIMARY KEY (kind, channel, start, duration DESC, digest)
  ) WITHOUT ROWID`;

// How far the interims of each channel reach, in seconds; \`seq\` and \`heard\` as in \`messages\`.
const CREATE_INTERIM_ENDS = `
  CREATE TABLE IF NOT EXISTS interim_ends (
    channel INTEGER PRIMARY KEY, end REAL NOT NULL, seq INTEGER NOT NULL, heard INTEGER NOT NULL
  )`;

/** When the rows of either table came that a document of the first \`upTo\` lacks. */
const NEWS = `
  SELECT MIN(heard) AS firstAt, MAX(heard) AS lastAt FROM (
    SELECT heard, seq FROM messages UNION ALL SELECT heard, seq FROM interim_ends
  ) WHERE seq > ?`;

const COLUMNS = "channel, start, duration, digest, seq, heard, json";

// By their place, so that no page reads those before it again.
const NEXT = `
  SELECT ${COLUMNS} FROM messages
  WHERE kind = ?1 AND channel = ?2 AND seq <= ?3 AND start >= ?4
    AND (start > ?4 OR -duration > ?5 OR (-duration = ?5 AND digest > ?6))
  ORDER BY start, duration DESC, digest LIMIT ${PAGE_MESSAGES}`;

const AT = `
  SELECT ${COLUMNS} FROM messages
  WHERE kind = 'final' AND channel = ? AND start = ? AND duration = ? AND digest = ?`;

type Place = { channel: number; start: number; duration: number; digest: string };

/** The messages of one stream that are kept durably. Call `create` before anything else. */
export function messageTable(sql: SqlStorage) {
  const number = (query: string, ...values: SqlStorageValue[]): number =>
    Number(Object.values(sql.exec(query, ...values).one())[0] ?? 0);
  const nextChannel = (kind: Kind, after: number): number | null =>
    sql
      .exec<{ next: number | null }>(
        "SELECT MIN(channel) AS next FROM messages WHERE kind = ? AND channel > ?",
        ...[kind, after],
      )
      .one().next;

  /** Reads in pages: messages may be added meanwhile. */
  function* ofChannel(kind: Kind, channel: number, upTo: number): Generator<KeptMessage> {
    let after: SqlStorageValue[] = [-1, 0, ""];
    for (;;) {
      const page = sql
        .exec<KeptMessage & { digest: string }>(NEXT, kind, channel, upTo, ...after)
        .toArray();
      for (const { digest: _, ...message } of page) yield message;
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE_MESSAGES) return;
      after = [last.start, -last.duration, last.digest];
    }
  }

  return {
    create(): void {
      sql.exec(CREATE);
      sql.exec(CREATE_INTERIM_ENDS);
    },

    /** False when it is there. One row written, or none. */
    add({ kind, channel, start, duration, json }: LiveMessage, own: Own): boolean {
      const { rowsWritten } = sql.exec(
        "INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        ...[kind, channel, start, duration, own.digest, own.seq, own.heard, json],
      );
      return rowsWritten > 0;
    },

    last: () =>
      number(
        "SELECT MAX(seq) FROM (SELECT seq FROM messages UNION ALL SELECT seq FROM interim_ends)",
      ),

    /** When the first and the last of those came that follow the first \`upTo\`; null: none. */
    news(upTo: number): News | null {
      const { firstAt, lastAt } = sql.exec<Nullable<News>>(NEWS, upTo).one();
      return firstAt === null || lastAt === null ? null : { firstAt, lastAt };
    },

    interimEnds: () =>
      sql.exec<{ channel: number; end: number }>("SELECT channel, end FROM interim_ends").toArray(),

    /** One row written. */
    putInterimEnd(channel: number, end: number, { seq, heard }: Omit<Own, "digest">): void {
      sql.exec("INSERT OR REPLACE INTO interim_ends VALUES (?, ?, ?, ?)", channel, end, seq, heard);
    },

    lastHeard: () => number("SELECT MAX(heard) FROM messages"),

    /** When the terminal message came, in milliseconds; null before. */
    terminalAt: () => number("SELECT MIN(heard) FROM messages WHERE kind = 'metadata'") || null,

    /** Seconds up to which the finals of each channel go. */
    ends: () =>
      sql
        .exec<{ channel: number; end: number }>(
          "SELECT channel, MAX(start + duration) AS end FROM messages WHERE kind = 'final' GROUP BY channel",
        )
        .toArray(),

    /** Whether there is nothing but messages that have no id. */
    hasOnlyMarks: () =>
      number(
        "SELECT COUNT(*) FROM messages WHERE kind NOT IN ('utterance-end', 'speech-started')",
      ) === 0,

    count: (kind: Kind) => number("SELECT COUNT(*) FROM messages WHERE kind = ?", kind),

    /** Seconds. */
    end: (upTo: number) =>
      number("SELECT MAX(start + duration) FROM messages WHERE kind = 'final' AND seq <= ?", upTo),

    channels: (upTo: number) =>
      number("SELECT MAX(channel) + 1 FROM messages WHERE kind = 'final' AND seq <= ?", upTo),

    *select({ kind, channel, upTo }: Selection): Generator<KeptMessage> {
      if (channel !== undefined) return yield* ofChannel(kind, channel, upTo);
      for (
        let number = nextChannel(kind, -1);
        number !== null;
        number = nextChannel(kind, number)
      ) {
        yield* ofChannel(kind, number, upTo);
      }
    },

    /** The finals that came after a moment, in the order in which they came. */
    *finalsSince(heard: number): Generator<KeptMessage> {
      // Where they are, all at once: a cursor would not outlast what is added meanwhile.
      const places = sql
        .exec<Place>(
          "SELECT channel, start, duration, digest FROM messages WHERE kind = 'final' AND heard >= ? ORDER BY seq",
          heard,
        )
        .toArray();
      for (const { channel, start, duration, digest } of places) {
        yield* sql.exec<KeptMessage>(AT, channel, start, duration, digest).toArray();
      }
    },

    /** Forgets everything that carried the id of a request. */
    forget(): void {
      sql.exec("DELETE FROM messages WHERE kind IN ('final', 'metadata', 'note')");
      sql.exec("DELETE FROM interim_ends");
    },

    /** Forgets the first so many. */
    forgetUpTo(upTo: number): void {
      sql.exec("DELETE FROM messages WHERE seq <= ?", upTo);
      sql.exec("DELETE FROM interim_ends WHERE seq <= ?", upTo);
    },
  };
}

export type MessageTable = ReturnType<typeof messageTable>;
