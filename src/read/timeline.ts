import * as z from "zod";
import { tokenNameOf } from "../config/api-tokens.ts";
import { effectName } from "../config/follow-ups.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { json, one, shared } from "../http/describe/answers.ts";
import { type Describe, requestIdParameter } from "../http/describe/operation.ts";
import { storageUnavailable } from "../http/problem.ts";
import type { Handler, Route } from "../http/route.ts";
import { limitConcurrency } from "../lib/concurrency.ts";
import { documentOnly } from "../lib/docs-only-schema.ts";
import { newestUnder } from "../store/bucket.ts";
import { type Held, readEntry } from "../store/effect-claims.ts";
import { ATTEMPT_OUTCOMES } from "../store/effect-entry.ts";
import { readExpectation } from "../store/expectations.ts";
import { effectsPrefix, sharesPrefix, versionsPrefix } from "../store/keys.ts";
import { type CallbackRecord, toRecord } from "../store/record.ts";
import { shareFacts } from "../store/shares.ts";
import { type KnownRequest, requestIdOf, requireKnown } from "./require-transcript.ts";

const time = z.iso.datetime();

const body = {
  at: time,
  sha256: z.string(),
  bytes: z.int(),
  state: z.enum(["received", "failed"]),
};

const timelineEvent = /* @__PURE__ */ documentOnly(() =>
  z
    .discriminatedUnion("event", [
      z.object({
        event: z.literal("submitted"),
        at: time,
        by: z.string().nullable().describe("The name of the token; null where none is known."),
        predecessor: z.string().optional().describe("The request whose audio it has again."),
      }),
      z.object({ event: z.literal("live"), at: time }),
      z.object({ event: z.literal("received"), ...body }),
      z.object({ event: z.literal("version"), ...body }),
      z.object({ event: z.literal("promoted"), at: time, sha256: z.string() }),
      z.object({ event: z.literal("overdue"), at: time }),
      z.object({ event: z.literal("failed"), at: time, error: z.string().optional() }),
      z.object({ event: z.literal("resubmitted"), at: time, successor: z.string() }),
      z.object({
        event: z.literal("attempt"),
        at: time,
        name: z.string().describe("Of the follow-up."),
        attempt: z.int().describe("Its number, from 1."),
        outcome: z.enum(ATTEMPT_OUTCOMES),
        status: z.int().optional().describe("The HTTP status of the provider's answer."),
        ms: z
          .int()
          .nullable()
          .describe("How long it took; null where that is not known, or not yet."),
        error: z.string().optional(),
        next_at: time.optional().describe("The next attempt begins no earlier."),
      }),
      z.object({
        event: z.literal("queued"),
        at: time,
        name: z.string(),
        next_at: time.optional(),
      }),
      z.object({
        event: z.literal("given_up"),
        at: time,
        name: z.string(),
        error: z.string().optional(),
      }),
      z.object({
        event: z.literal("shared"),
        at: time,
        expires_at: time,
        from: z.number().nullable(),
        to: z.number().nullable(),
      }),
    ])
    .meta({ id: "TimelineEvent" }),
);

type TimelineEvent = z.infer<typeof timelineEvent>;

/** What has happened to a request, in order of time. */
export type Timeline = {
  events: TimelineEvent[];
  /** Whether some versions, follow-ups or links were left out, those that were written first. */
  truncated: boolean;
};

const timelineShape = /* @__PURE__ */ documentOnly(() =>
  z
    .object({
      events: z.array(timelineEvent),
      truncated: z
        .boolean()
        .describe(
          "Whether some are left out: it has at most 100 versions, 100 follow-ups with their last twenty attempts, and 100 links.",
        ),
    })
    .meta({ id: "Timeline" }),
);

/** The most of a kind that one answer has, versions, follow-ups or links, and that are listed to find them. */
const MOST = { newest: 100, listed: 1_000 };

/** Six requests of an invocation may wait for R2 at once. */
const READS_AT_ONCE = 5;

/** `GET /v1/transcripts/{request_id}/timeline` */
const getTimeline: Handler = async (c) => {
  const timeline = await readTimeline(c.env.TRANSCRIPTS, requestIdOf(c));
  return c.json(timeline, 200, { "cache-control": "no-store" });
};

/**
 * The timeline of a request in any state. Throws the answer for one that is unknown, deleted, or that
 * stood for a job alone, and when R2 does not answer.
 */
export async function readTimeline(bucket: R2Bucket, requestId: RequestId): Promise<Timeline> {
  const known = await requireKnown(bucket, requestId);
  return collect(bucket, requestId, known).catch(storageUnavailable);
}

async function collect(bucket: R2Bucket, id: RequestId, known: KnownRequest): Promise<Timeline> {
  const versions = await newestUnder(bucket, versionsPrefix(id), MOST);
  const effects = await newestUnder(bucket, effectsPrefix(id), MOST);
  const shares = await newestUnder(bucket, sharesPrefix(id), MOST);
  const events = [
    ...eventsOfSubmission(known),
    ...(await eventsOfResubmission(bucket, known)),
    ...eventsOfBodies(id, known.record, versions.objects),
    ...(await eventsOfFollowUps(bucket, id, effects.objects)),
    ...shares.objects.map(eventOfShare),
  ];
  return {
    // Stable: what happened in one millisecond stays in this order.
    events: events.toSorted((one, other) => Date.parse(one.at) - Date.parse(other.at)),
    truncated: [versions, effects, shares].some(({ isCut }) => isCut),
  };
}

function eventsOfSubmission({ record, expectation }: KnownRequest): TimelineEvent[] {
  if (expectation === null) return [];
  const { state, expectedAt: at, deadlineAt, job, tokenId, owner } = expectation;
  const { predecessor, reason } = expectation;
  const events: TimelineEvent[] = [];
  if (tokenId !== null || job !== null || deadlineAt !== null) {
    const by = tokenId === null ? null : tokenNameOf(tokenId);
    events.push({ event: "submitted", at, by, ...(predecessor !== null && { predecessor }) });
  } else if (owner !== null) events.push({ event: "live", at });
  // A late callback counts more, and its deadline is not known to have passed unnoticed.
  if (record !== null) return events;
  if (state === "overdue") events.push({ event: "overdue", at: deadlineAt ?? at });
  // Deepgram was asked at the deadline.
  if (state === "failed") {
    events.push({
      event: "failed",
      at: deadlineAt ?? at,
      ...(reason !== null && { error: reason }),
    });
  }
  return events;
}

async function eventsOfResubmission(
  bucket: R2Bucket,
  known: KnownRequest,
): Promise<TimelineEvent[]> {
  const { successor } = known;
  const again = successor && (await readExpectation(bucket, successor));
  return again ? [{ event: "resubmitted", at: again.expectedAt, successor: again.requestId }] : [];
}

/** The first body of a request was received; all others are versions, also one that is current now. */
function eventsOfBodies(
  id: RequestId,
  record: CallbackRecord | null,
  versions: readonly R2Object[],
): TimelineEvent[] {
  if (record === null) return [];
  const bodies = new Map([[record.sha256, record]]);
  for (const object of versions) {
    const version = toRecord(id, object);
    if (version.state !== "deleted" && version.sha256 !== record.sha256) {
      bodies.set(version.sha256, version);
    }
  }
  const inOrder = [...bodies.values()].toSorted(
    (one, other) => Date.parse(one.receivedAt) - Date.parse(other.receivedAt),
  );
  const events = inOrder.map(
    ({ receivedAt: at, sha256, bytes, state }, index): TimelineEvent => ({
      event: index === 0 ? "received" : "version",
      ...{ at, sha256, bytes, state },
    }),
  );
  const promotedAt = record.succession?.promotedAt ?? null;
  if (promotedAt === null) return events;
  return [...events, { event: "promoted", at: promotedAt, sha256: record.sha256 }];
}

async function eventsOfFollowUps(
  bucket: R2Bucket,
  id: RequestId,
  objects: readonly R2Object[],
): Promise<TimelineEvent[]> {
  const limit = limitConcurrency(READS_AT_ONCE);
  const names = objects.map(({ key }) => key.slice(effectsPrefix(id).length));
  const entries = await Promise.all(names.map((name) => limit(() => readEntry(bucket, id, name))));
  return entries.flatMap((entry) => (entry === null ? [] : eventsOfFollowUp(entry)));
}

function eventsOfFollowUp(entry: Held): TimelineEvent[] {
  const name = effectName(entry.effect);
  const { state, attempts, updatedAt: at, notBefore, lastError } = entry;
  const error = lastError !== "" && { error: lastError };
  const events = (entry.history ?? []).map(
    (attempt): TimelineEvent => ({ event: "attempt", name, ...attempt }),
  );
  if (state === "queued") {
    return [...events, { event: "queued", at, name, ...(notBefore && { next_at: notBefore }) }];
  }
  // Entries from before attempts were kept know of the last one how it ended.
  if (events.length === 0 && attempts > 0) {
    const outcome = state === "dead" ? "unknown" : state;
    events.push({ event: "attempt", at, name, attempt: attempts, outcome, ms: null, ...error });
  }
  return state === "dead" ? [...events, { event: "given_up", at, name, ...error }] : events;
}

function eventOfShare(object: R2Object): TimelineEvent {
  const { created_at, expires_at, from, to } = shareFacts.parse(object.customMetadata);
  const at = created_at ?? object.uploaded.toISOString();
  return { event: "shared", at, expires_at, from, to };
}

export const timelineRoute: Route = {
  method: "GET",
  path: "/v1/transcripts/:request_id/timeline",
  scope: "read",
  handle: getTimeline,
};

export const timelineOperation: Describe = ({ requestId, status }) => ({
  route: timelineRoute,
  tag: "Reading",
  operationId: "getTranscriptTimeline",
  summary: "Read what has happened to a transcript",
  description:
    "In order of time: its submission, its bodies, every attempt of every follow-up, and the links that were made. In every state but `deleted`. An attempt that is `running` has no end yet; of one that is `unknown` nobody recorded it. `queued` is a follow-up that waits for its turn, `given_up` one that nothing tries again until a person does.",
  params: requestIdParameter(requestId),
  responses: {
    200: json(timelineShape, "The events.", {
      examples: one({
        events: [
          { event: "submitted", at: "2026-11-24T09:29:40.000Z", by: "submitter" },
          {
            event: "received",
            at: "2026-11-24T09:30:00.000Z",
            sha256: status.sha256 ?? "",
            bytes: status.bytes ?? 0,
            state: "received",
          },
          {
            event: "attempt",
            at: "2026-11-24T09:30:01.000Z",
            name: "webhook:crm:transcript.received",
            attempt: 1,
            outcome: "retrying",
            status: 500,
            ms: 180,
            error: "the endpoint answered 500",
            next_at: "2026-11-24T09:31:01.180Z",
          },
          {
            event: "attempt",
            at: "2026-11-24T09:31:02.000Z",
            name: "webhook:crm:transcript.received",
            attempt: 2,
            outcome: "done",
            status: 200,
            ms: 212,
          },
        ],
        truncated: false,
      } satisfies Timeline),
    }),
    307: shared("Superseded"),
    404: shared("UnknownTranscript"),
    410: shared("Deleted"),
  },
});
