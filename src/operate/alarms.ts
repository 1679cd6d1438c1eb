import { MAX_DATABASE_BYTES } from "../catalogue/catalogue.ts";

/** What the sweep has found, as far as it could be asked; null where the storage did not answer. */
export type Readings = {
  overdue: number | null;
  /** Names of the tokens that registered or submitted the newest of them. */
  overdueBy?: readonly string[];
  /** No more than a page of them is counted. */
  deadLetters: number;
  refused: number | null;
  /** Seconds since the heartbeat was sent that came through the queue last. */
  backlogSeconds: number | null;
  /** Messages in the queue, where it was asked and says so. */
  queued?: number | null;
  isOutboxStuck: boolean;
  /** The sweeper of large bodies fails, or is hours behind. */
  areBodiesLate: boolean;
  /** For how long the oldest deletion has been due that is left; 0 where none is. */
  retentionLateMs: number | null;
  newFields: string[] | null;
  /** Size of the D1 database. */
  databaseBytes: number | null;
  /** D1 has refused to write for that within the last hours. */
  isDatabaseFull: boolean;
  /** E-mails and texts of this UTC day, and how many it may have. */
  messages: number | null;
  dailyMessages: number;
};

/** A firing alarm: since when, and when it was last sent; both in milliseconds since 1970. */
export type On = { since: number; sentAt: number | null };

type AlarmStates = Record<string, On>;

/** A notice about an alarm that is due now. */
export type Notice = { alarm: string; state: "firing" | "resolved"; since: number; detail: string };

/** Deepgram tries a callback eleven times: one wrong password is one surge. */
const REFUSED_SURGE = 10;
/** Hysteresis: once firing, stay on until the count drops below this. */
const REFUSED_ON = 4;
export const BACKLOG_SECONDS = 300;
const DEAD_LETTERS_PAGE = 1_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** A run starts once an hour. */
const RETENTION_LATE_MS = 3 * HOUR_MS;
const REPEAT_MS = HOUR_MS;
/** What can wait for weeks is not repeated every hour. */
const REPEAT_SELDOM_MS: Record<string, number> = { "database-70": DAY_MS };

/** Conditions that may pass by themselves are sent after this time. After an outage a heartbeat takes a minute. */
const PATIENCE_MS: Record<string, number> = {
  backlog: 120_000,
  outbox: 300_000,
  bodies: 300_000,
  catalogue: 300_000,
};

/** The alarms that hold, each with a sentence that says why; `on` are those that were on before. */
export function activeAlarms(read: Readings, on: AlarmStates): Map<string, string> {
  const deadLetters = read.deadLetters < DEAD_LETTERS_PAGE ? read.deadLetters : "1000 or more";
  const used = (read.databaseBytes ?? 0) / MAX_DATABASE_BYTES;
  const percent = `${Math.floor(used * 100)} %`;
  const all: [name: string, holds: boolean, detail: string][] = [
    [
      "overdue",
      Number(read.overdue) > 0,
      `${read.overdue} callbacks of the last day have not come${registeredBy(read)}`,
    ],
    ["dead-letters", read.deadLetters > 0, `${deadLetters} dead letters wait for a person`],
    [
      "refused",
      Number(read.refused) >= ("refused" in on ? REFUSED_ON : REFUSED_SURGE),
      `${read.refused} callbacks were refused`,
    ],
    [
      "backlog",
      // A full database cannot note the heartbeats that come through.
      Number(read.backlogSeconds) > BACKLOG_SECONDS && !read.isDatabaseFull,
      `the queue is ${read.backlogSeconds} s behind${read.queued == null ? "" : `, with ${read.queued} messages`}`,
    ],
    ["outbox", read.isOutboxStuck, "what the queue refused cannot be sent"],
    ["bodies", read.areBodiesLate, "the sweeper does not keep up with large bodies"],
    [
      "retention",
      Number(read.retentionLateMs) >= RETENTION_LATE_MS,
      `transcripts are not deleted in time: the oldest has been due for ${Math.floor(Number(read.retentionLateMs) / HOUR_MS)} hours`,
    ],
    [
      "unknown-fields",
      Boolean(read.newFields?.length),
      `Deepgram sends new fields: ${read.newFields?.join(", ")}`,
    ],
    [
      "daily-messages",
      Number(read.messages) > read.dailyMessages,
      `${read.dailyMessages} e-mails and texts were sent today: others wait for midnight UTC`,
    ],
    ["catalogue", read.overdue === null, "the database does not answer"],
    [
      "database-full",
      read.isDatabaseFull,
      "D1 is full: new callbacks are stored and can be read by request_id, and wait for their place in lists and search. Delete old transcripts (RETENTION_DAYS); what waits comes within an hour",
    ],
    [
      "database-90",
      used >= 0.9 && !read.isDatabaseFull,
      `the database holds ${percent} of the 10 GB that D1 takes: delete old transcripts (RETENTION_DAYS) now`,
    ],
    [
      "database-70",
      used >= 0.7 && used < 0.9 && !read.isDatabaseFull,
      `the database holds ${percent} of the 10 GB that D1 takes: plan to delete old transcripts (RETENTION_DAYS)`,
    ],
  ];
  return new Map(all.filter(([, holds]) => holds).map(([name, , detail]) => [name, detail]));
}

const registeredBy = ({ overdueBy = [] }: Readings): string =>
  overdueBy.length === 0 ? "" : `; registered by ${overdueBy.join(", ")}`;

/**
 * The notices that are due, and the states without alarms that ended before they were sent. An alarm is
 * sent when it begins, once an hour while it lasts, and when it is resolved. One that was sent and cannot
 * be checked stays.
 */
export function dueNotices(
  before: AlarmStates,
  holds: ReadonlyMap<string, string>,
  unread: ReadonlySet<string>,
  now: number,
): { states: AlarmStates; notices: Notice[] } {
  const states: AlarmStates = {};
  const notices: Notice[] = [];
  for (const [alarm, detail] of holds) {
    const on = before[alarm] ?? { since: now, sentAt: null };
    states[alarm] = on;
    const isDue =
      on.sentAt === null
        ? now - on.since >= (PATIENCE_MS[alarm] ?? 0)
        : now - on.sentAt >= (REPEAT_SELDOM_MS[alarm] ?? REPEAT_MS);
    if (isDue) notices.push({ alarm, state: "firing", since: on.since, detail });
  }
  for (const [alarm, on] of Object.entries(before)) {
    if (holds.has(alarm) || on.sentAt === null) continue;
    states[alarm] = on;
    if (unread.has(alarm)) continue;
    notices.push({ alarm, state: "resolved", since: on.since, detail: "it is over" });
  }
  return { states, notices };
}

/** The states once a notice was delivered. */
export function markNotified(
  states: AlarmStates,
  { alarm, state }: Notice,
  now: number,
): AlarmStates {
  const { [alarm]: on, ...others } = states;
  return state === "resolved" || on === undefined
    ? others
    : { ...others, [alarm]: { ...on, sentAt: now } };
}
