import { type SSEStreamingApi, streamSSE } from "hono/streaming";
import * as z from "zod";
import { configOf } from "../config/config.ts";
import { KINDS } from "../deepgram/callback.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { answer, empty, one, shared, wrongParameter } from "../http/describe/answers.ts";
import { type Describe, described, requestIdParameter } from "../http/describe/operation.ts";
import { storageUnavailable } from "../http/problem.ts";
import { type Handler, query, type Route } from "../http/route.ts";
import { readLines } from "../lib/bytes.ts";
import { log, reasonOf } from "../lib/log.ts";
import { liveObjectOf } from "../live/deliver-message.ts";
import { type LiveEvent, SEGMENT_MARK } from "../live/listeners.ts";
import { readExpectation } from "../store/expectations.ts";
import { STATES } from "../store/request-states.ts";
import { segmentSchema } from "../transcript/segments/segment.ts";
import { changesOf, isAfter, type Mark, markText, mayBeAfter, parseMark } from "./changes.ts";
import { WAIT } from "./describe.ts";
import { requestIdOf, superseded, unknownTranscript } from "./require-transcript.ts";
import { status, statusQuery } from "./status.ts";
import { followUpStatus, type TranscriptStatus, transcriptStatus } from "./transcript-status.ts";
import { arrival, isChangedWithin, type Seen } from "./wait.ts";

const HEARTBEAT_MS = 15_000;
// One class B operation each. What follows a callback comes in quick succession, or not for long.
const FIRST_TICK_MS = 1_000;
const MAX_TICK_MS = 10_000;
/** So long etags alone are looked at; the stream shows that it is alive in between. */
const WATCH_MS = 10_000;
/** What a person asks for later has no etag that was seen: the ledger is listed for that, which is class A. */
const LIST_MS = 30_000;
const SEGMENTS_PAUSE_MS = 500;
// An invocation has a limited number of storage operations; the client comes back by itself.
const MAX_STREAM_MS = 900_000;
const RECONNECT_MS = 2_000;

type Watched = { env: Env; bucket: R2Bucket; requestId: RequestId; signal: AbortSignal };

/** `GET /v1/transcripts/{request_id}/events`: server-sent events (HTML, section 9.2). */
const getEvents: Handler = async (c) => {
  const requestId = requestIdOf(c);
  const { wait } = query(statusQuery, c.req.query());
  const watched = { env: c.env, bucket: c.env.TRANSCRIPTS, requestId, signal: c.req.raw.signal };
  await arrival(watched.bucket, requestId, wait, watched.signal);
  const seen: Seen = new Map();
  const first = await status(watched.bucket, requestId, c.var.config, undefined, seen).catch(
    storageUnavailable,
  );
  if (first === null) throw unknownTranscript();
  if (first.successor != null) throw superseded(requestId, first.successor);
  const last = parseMark(requestId, c.req.header("last-event-id"));
  // An EventSource reconnects for ever unless it gets a 204 (HTML, section 9.2.3).
  if (first.state === "deleted" && last?.name === "deleted") return c.body(null, 204);
  const response = streamSSE(c, async (stream) => {
    const ended = new AbortController();
    // Nothing more is read for a client that is gone.
    stream.onAbort(() => ended.abort());
    const signal = AbortSignal.any([watched.signal, ended.signal]);
    const segments = segmentTeller(stream, { ...watched, signal }, last);
    const sending = tell(
      stream,
      statuses({ ...watched, signal }, first, seen),
      last,
      segments.state,
    );
    await sending.catch((error) =>
      log("warn", "events.ended", { request_id: requestId, reason: reasonOf(error) }),
    );
    ended.abort();
    await segments.ended;
  });
  response.headers.set("cache-control", "no-store");
  return response;
};

/** Writes the segments of a live request as they come, as soon as its state is live. */
function segmentTeller(stream: SSEStreamingApi, watched: Watched, last: Mark | null) {
  // Of another event it does not tell which segments have been read.
  let since = last?.name.startsWith(SEGMENT_MARK) ? last : null;
  let state: TranscriptStatus["state"] | null = null;
  let ended: Promise<void> = Promise.resolve();
  let isTelling = false;

  async function follow(): Promise<void> {
    while (state === "live" && !watched.signal.aborted) {
      since = await tellSegments(stream, watched, since);
      await scheduler.wait(SEGMENTS_PAUSE_MS, { signal: watched.signal }).catch(() => {});
    }
  }

  return {
    state(next: TranscriptStatus["state"]): void {
      state = next;
      if (state !== "live" || isTelling) return;
      isTelling = true;
      ended = follow()
        .catch((error) =>
          log("warn", "segments.ended", { request_id: watched.requestId, reason: reasonOf(error) }),
        )
        .finally(() => {
          isTelling = false;
        });
    },
    get ended() {
      return ended;
    },
  };
}

/** Writes what has changed since a mark, then what changes. */
async function tell(
  stream: SSEStreamingApi,
  statuses: AsyncIterable<TranscriptStatus>,
  last: Mark | null,
  state: (next: TranscriptStatus["state"]) => void,
): Promise<void> {
  const sent = new Map<string, string>();
  let since = last;
  let spokenAt = Date.now();
  await stream.write(`retry: ${RECONNECT_MS}\n\n`);
  for await (const status of statuses) {
    for (const { event, at, data } of changesOf(status)) {
      const isKnown = sent.get(event + at.name) === data;
      sent.set(event + at.name, data);
      if (isKnown || (since !== null && !mayBeAfter(at, since))) continue;
      await stream.writeSSE({ event, id: markText(status.request_id, at), data });
      spokenAt = Date.now();
    }
    since = null;
    state(status.state);
    if (Date.now() - spokenAt >= HEARTBEAT_MS) {
      await stream.write(":\n\n");
      spokenAt = Date.now();
    }
    // A client that reconnects is redirected to the request that replaced this one.
    if (stream.aborted || status.state === "deleted" || status.successor != null) return;
  }
}

/**
 * The status as it is, again and again. At most one object a second is looked at, less often the longer
 * what has come stays the same; the status is read anew when an etag has changed.
 */
async function* statuses(
  { env, bucket, requestId, signal }: Watched,
  first: TranscriptStatus,
  seenFirst: Seen,
): AsyncGenerator<TranscriptStatus> {
  const end = Date.now() + MAX_STREAM_MS;
  let [known, seen, readAt]: [TranscriptStatus | null, Seen, number] = [
    first,
    seenFirst,
    Date.now(),
  ];
  let tickMs = FIRST_TICK_MS;
  while (known !== null) {
    yield known;
    const hasCome: boolean = known.received_at !== null;
    const isChanged = await isChangedWithin(bucket, seen, { ms: WATCH_MS, tickMs, signal });
    if (signal.aborted || Date.now() > end) return;
    tickMs = isChanged || !hasCome ? FIRST_TICK_MS : Math.min(tickMs * 2, MAX_TICK_MS);
    if (!isChanged && !(hasCome && Date.now() - readAt >= LIST_MS)) continue;
    [seen, readAt] = [new Map(), Date.now()];
    known = await status(bucket, requestId, configOf(env), undefined, seen);
  }
}

type Followed = { env: Env; requestId: RequestId; signal: AbortSignal };

/**
 * Writes a `segment` event for each segment of a live request after a mark, until its stream or the
 * client is gone. Those that may yet change have no id. Gives the mark of the last one written.
 */
async function tellSegments(
  stream: SSEStreamingApi,
  { env, requestId, signal }: Followed,
  since: Mark | null,
): Promise<Mark | null> {
  const expectation = await readExpectation(env.TRANSCRIPTS, requestId);
  if (expectation?.state !== "live") return since;
  const response = await liveObjectOf(env, expectation).listen(since?.ms ?? 0);
  if (!response?.body) return since;
  let last = since;
  for await (const line of readLines(untilAborted(response.body, signal))) {
    const { at, is_final, segment }: LiveEvent = JSON.parse(line);
    if (at !== null && last !== null && !isAfter(at, last)) continue;
    const data = JSON.stringify({ request_id: requestId, is_final, ...segment });
    await stream.writeSSE({ event: "segment", data, ...(at && { id: markText(requestId, at) }) });
    last = at ?? last;
  }
  return last;
}

/** The chunks of a body; none after the abortion, or after its sender has gone. */
async function* untilAborted(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  const leave = () => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", leave);
  try {
    for (;;) {
      const next = await reader.read().catch(() => null);
      if (next === null || next.done || signal.aborted) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener("abort", leave);
    leave();
  }
}

export const eventsRoute: Route = {
  method: "GET",
  path: "/v1/transcripts/:request_id/events",
  scope: "read",
  query: [statusQuery],
  handle: getEvents,
};

export const eventsOperation: Describe = ({ requestId, events }) => ({
  route: eventsRoute,
  tag: "Reading",
  operationId: "getTranscriptEvents",
  summary: "Follow a transcript",
  description: `Server-sent events (HTML, section 9.2), first what is so already, then what changes:

- \`state\`: a [StateEvent](#/components/schemas/StateEvent);
- \`follow-up\`: a [FollowUpEvent](#/components/schemas/FollowUpEvent);
- \`segment\`, of a transcript that is \`live\`: a [SegmentEvent](#/components/schemas/SegmentEvent). One that is not final has no \`id\`, and the next of its channel takes its place.

A comment comes every 15 s in silence. The stream ends with the deletion of the transcript, after 15 minutes, and when another request takes the place of this one (\`successor\`); browsers reconnect by themselves and resume where they were, or with the other request.`,
  params: requestIdParameter(requestId),
  query: { wait: WAIT },
  headers: {
    "Last-Event-ID": described(
      z.string().optional(),
      "The `id` of the last event that was read: what is later is sent, and again what is up to 2 s older, since clocks differ. Browsers send it by themselves.",
      "1795858200000.51712a9a.received",
    ),
  },
  responses: {
    200: answer("The events.", "text/event-stream", {
      schema: { type: "string" },
      examples: one(events),
    }),
    204: empty("`Last-Event-ID` tells of the deletion: nothing will follow."),
    307: shared("Superseded"),
    400: wrongParameter("wait must be at most 60."),
    404: shared("UnknownTranscript"),
  },
});

/** The data of each event. */
export function eventSchemas() {
  const { request_id, error } = transcriptStatus.shape;
  return {
    StateEvent: z.object({
      request_id,
      state: z.enum(STATES),
      kind: z.enum(KINDS).nullable(),
      at: z.iso.datetime().describe("Since when it is so."),
      error,
      successor: request_id.optional().describe("The request that has taken its place, if any."),
    }),
    FollowUpEvent: z.object({ request_id, ...followUpStatus.shape }),
    SegmentEvent: z.object({
      request_id,
      is_final: z.boolean().describe("Whether it stays; otherwise another takes its place."),
      ...segmentSchema.shape,
    }),
  };
}
