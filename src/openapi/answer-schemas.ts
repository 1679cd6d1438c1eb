import * as z from "zod";
import { KINDS } from "../deepgram/callback.ts";
import type { health as healthOf } from "../operate/health.ts";
import type { StorageHealth } from "../operate/storage-health.ts";
import { followUpStatus, transcriptStatus } from "../read/transcript-status.ts";
import type { Quarantined } from "../store/quarantine.ts";
import { STATES } from "../store/states.ts";
import type { Hit } from "../transcript/search/hit.ts";
import type { Segment, Word } from "../transcript/segments/segment.ts";

// Answers that no schema of the Worker describes: it makes them, and reads none of them.

const time = z.iso.datetime();
const seconds = z.number().describe("Seconds from the start of the audio.");
const channel = z.int().min(0).describe("Index into `results.channels`, from 0.");
const speaker = z
  .int()
  .nullable()
  .describe("Deepgram's number of the speaker, from 0; null without diarization.");

const word = z.object({
  text: z.string(),
  start: z.number(),
  end: z.number(),
  confidence: z.number().nullable().describe("0 to 1; null where Deepgram gave none."),
}) satisfies z.ZodType<Word>;

/** A line of `.jsonl`. */
export const segment = z.object({
  start: seconds,
  end: seconds,
  channel,
  speaker,
  language: z.string().nullable().describe("BCP 47 tag as Deepgram gives it."),
  text: z.string(),
  words: z
    .array(word)
    .describe("May be empty, and need not spell `text`: `smart_format` rewrites one of them."),
}) satisfies z.ZodType<Segment>;

/** A translation as JSON. */
export const translation = z.object({
  request_id: z.string(),
  language: z.string().describe("BCP 47 tag."),
  segments: z.array(segment),
});

export const hit = z.object({
  start: seconds.describe("Of the first matching word, in seconds."),
  end: seconds.describe("Of the last matching word, in seconds."),
  channel,
  speaker,
  text: z.string().describe("The match with up to 80 characters on either side, cut at words."),
}) satisfies z.ZodType<Hit>;

export const hits = z.object({ hits: z.array(hit) });

export const quarantined = z.object({
  digest: z.string().describe("SHA-256 of the body, in hexadecimal."),
  reason: z
    .string()
    .describe(
      "`empty`, `not-json`, `not-an-object`, `no-request-id`, `audio`, `not-utf8`, `truncated-json`, `unknown-message`, `message-too-large`; of a body by a job's credential that may not write for the request it names: `another-request` (the job has another), `already-stored`, `another-token` (that expects it).",
    ),
  content_type: z.string().describe("As its sender named it."),
  bytes: z.int(),
  received_at: time.describe("When it came first."),
  request_id: z
    .string()
    .optional()
    .describe("Which request it seems to be about, where that is known."),
}) satisfies z.ZodType<Quarantined>;

export const quarantineList = z.object({
  quarantine: z.array(quarantined),
  next_cursor: z.string().nullable().describe("The `cursor` of the next page; null on the last."),
});

const probe = z.object({ reachable: z.boolean(), ms: z.int() });

const storageHealth = z.object({
  r2: probe,
  d1: probe,
  kv: probe,
  outbox: z
    .object({ messages: z.int(), oldest_seconds: z.int() })
    .nullable()
    .describe("What the queue refused, of at most 1,000 messages; null when R2 does not answer."),
}) satisfies z.ZodType<StorageHealth>;

export const health = z.object({
  status: z.enum(["ok", "misconfigured", "storage-unavailable"]),
  configured: z.object({ callbacks: z.boolean(), api: z.boolean(), submissions: z.boolean() }),
  missing: z
    .array(z.string())
    .describe("Settings that are not there, so that the routes that need them answer 503."),
  problems: z
    .array(
      z.object({
        name: z.string(),
        problem: z.string().optional().describe("Only for a token of scope `admin`."),
      }),
    )
    .describe("Settings that are wrong, at least in part."),
  version: z
    .string()
    .optional()
    .describe("Cloudflare's id of the version that answers; only for a token of scope `admin`."),
  storage: storageHealth.optional().describe("Only for a token of scope `admin`."),
}) satisfies z.ZodType<
  Omit<ReturnType<typeof healthOf>, "status"> & {
    status: string;
    version?: string | undefined;
    storage?: StorageHealth | undefined;
  }
>;

const { request_id, error } = transcriptStatus.shape;

export const stateEvent = z.object({
  request_id,
  state: z.enum(STATES),
  kind: z.enum(KINDS).nullable(),
  at: time.describe("Since when it is so."),
  error,
  successor: request_id.optional().describe("The request that has taken its place, if any."),
});

export const segmentEvent = z.object({
  request_id,
  is_final: z.boolean().describe("Whether it stays; otherwise another takes its place."),
  ...segment.shape,
});

export const followUpEvent = z.object({ request_id, ...followUpStatus.shape });

/** Problem details as RFC 9457 has them; `type` is left out and so `about:blank`. */
export const problem = z.object({
  title: z.string().describe("The name of the status."),
  status: z.int(),
  detail: z.string().describe("What was wrong, for people."),
  code: z
    .string()
    .describe("What went wrong, for programs: it stays as it is, while `detail` may be reworded."),
});

export const notAcceptableProblem = problem.extend({
  available: z.array(z.string()).describe("The media types that can be had."),
});

export const failedProblem = problem.extend({
  request_id,
  state: z.literal("failed"),
  error,
  expected_at: time.optional().describe("Where no callback told it, but Deepgram's records."),
  deadline_at: time.nullable().optional(),
});

export const overdueProblem = problem.extend({
  request_id,
  state: z.literal("overdue"),
  expected_at: time,
  deadline_at: time.nullable(),
});

export const deletedProblem = problem.extend({
  request_id,
  state: z.literal("deleted"),
  deleted_at: time,
});

/** Of a submission of which nobody knows whether Deepgram has taken it. */
export const unansweredProblem = problem.extend({
  request_id: request_id.describe("Should its callback come, this leads to it."),
  job: z.string(),
});

/** Why a request is not registered. */
export const registrationProblem = problem.extend({
  code: z
    .enum(["already_received", "not_yours", "job_has_request"])
    .describe("`already_received`: there is nothing left to wait for."),
  request_id: request_id.optional().describe("The request; of `job_has_request` that of the job."),
  state: z.enum(["received", "failed"]).optional().describe("With `already_received`."),
  job: z.string().optional().describe("The job, where that is what is refused."),
});

export const untranslatedProblem = problem.extend({ request_id, follow_up: followUpStatus });
