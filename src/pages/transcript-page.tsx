import type { Context } from "hono";
import { mayBeOfJob } from "../auth/job-credentials.ts";
import type { Session } from "../auth/session.ts";
import type { AppEnv } from "../config/config.ts";
import { parseRequestId, type RequestId } from "../deepgram/request-id.ts";
import { storageUnavailable } from "../http/problem.ts";
import type { Handler } from "../http/route.ts";
import { requestIdOf } from "../read/require-transcript.ts";
import { status } from "../read/status.ts";
import { readTimeline, type Timeline } from "../read/timeline.ts";
import type { TranscriptStatus } from "../read/transcript-status.ts";
import { readNames } from "../store/details.ts";
import { openExpectation } from "../store/expectations.ts";
import { Notice, STATE_BADGES } from "./components.tsx";
import { DetailsView } from "./details-view.tsx";
import { page } from "./document.tsx";
import { clockOf } from "./in-words.tsx";
import { signedIn } from "./page-handlers.tsx";
import { StateView, stateTitle } from "./state-view.tsx";
import { TimelineView } from "./timeline-view.tsx";
import { partFragment, transcriptData, translationsOf } from "./transcript-data.tsx";
import { Menus, Rename } from "./transcript-menus.tsx";
import { TranscriptView } from "./transcript-view.tsx";
import { printed } from "./view.ts";

const REFRESH_SECONDS = 10;

/** `GET /transcripts/{request_id}`: the transcript, or why it is not there. */
export const getTranscriptPage: Handler = signedIn(async (c, session) => {
  const requestId = parseRequestId(c.req.param("request_id"));
  const known =
    requestId === null
      ? null
      : await status(c.env.TRANSCRIPTS, requestId, c.var.config).catch(storageUnavailable);
  if (requestId !== null && known?.state === "received") {
    return receivedPage(c, session, requestId, known);
  }
  if (requestId !== null && known?.successor && mayBeOfJob(requestId)) {
    return c.redirect(`/transcripts/${known.successor}`, 302);
  }
  return statePage(c, session, requestId, known);
});

/** `GET /transcripts/{request_id}/part`: a later part, to be put into the page. */
export const getTranscriptPart: Handler = signedIn(async (c) => {
  const requestId = requestIdOf(c);
  const bucket = c.env.TRANSCRIPTS;
  const known = await status(bucket, requestId, c.var.config).catch(storageUnavailable);
  const names = await readNames(bucket, requestId).catch(storageUnavailable);
  const facts = { channels: known?.channels ?? null, extra: known?.extra ?? {} };
  return partFragment(c, { requestId, bounds: {} }, `/transcripts/${requestId}`, names, facts);
});

async function receivedPage(
  c: Context<AppEnv>,
  session: Session,
  requestId: RequestId,
  known: TranscriptStatus,
): Promise<Response> {
  const { config } = c.var;
  const path = `/transcripts/${requestId}`;
  const open = await openExpectation(c.env.TRANSCRIPTS, requestId).catch(storageUnavailable);
  const [{ view, segments, names, html }, timeline] = await Promise.all([
    transcriptData(c, { requestId, bounds: {} }, known, path, [
      open?.details.audioUrl ?? null,
      open?.source?.url ?? null,
    ]),
    readTimeline(c.env.TRANSCRIPTS, requestId),
  ]);
  const files = `/v1/transcripts/${requestId}`;
  const shownFiles = view.language === null ? files : `${files}/translations/${view.language}`;
  const kept = { lang: view.language, audio: view.audio };
  const clock = clockOf(c);
  const main = (
    <TranscriptView
      {...view}
      badge={STATE_BADGES.received}
      rename={<Rename session={session} path={path} />}
      tags={known.tags}
      path={path}
      languages={translationsOf(known)}
      find={{ ...view.find, url: `${files}/search` }}
      notices={<Replaced status={known} />}
      actions={<Menus {...{ session, status: known, path, files: shownFiles }} />}
      aside={
        <>
          <TimelineView {...{ timeline, status: known, session, config, clock, path }} />
          <DetailsView
            {...{ session, status: known, segments, names, path, kept, clock }}
            insights={view.insights}
          />
        </>
      }
      asideLinks={[
        ["timeline", "Timeline"],
        ["details", "Details"],
      ]}
      requestId={requestId}
    />
  );
  return page(c, {
    title: view.title,
    main,
    session,
    place: "transcripts",
    q: view.find.q,
    streamed: html,
    skipTo: { id: "timeline", name: "timeline" },
    audioOrigins: view.audio === null ? [] : config.audioOrigins,
    data: {
      state: known.state,
      path,
      ...(isMoving(known) && { events: `${files}/events` }),
      ...printed(c),
    },
  });
}

/** A newer result that Deepgram sent is not what readers see. */
const Replaced = ({ status: { conflicts } }: { status: TranscriptStatus }) =>
  conflicts.length === 0 ? null : (
    <Notice tone="amber">
      <p>
        Deepgram sent more than one body for this request. <a href="#details">See the versions</a>.
      </p>
    </Notice>
  );

async function statePage(
  c: Context<AppEnv>,
  session: Session,
  requestId: RequestId | null,
  known: TranscriptStatus | null,
): Promise<Response> {
  const state = known?.state ?? "unknown";
  const isOver = state === "deleted" || requestId === null || known?.successor != null;
  const files = `/v1/transcripts/${requestId}`;
  const path = `/transcripts/${requestId}`;
  const clock = clockOf(c);
  const { config } = c.var;
  const open =
    (state === "overdue" || state === "failed") && requestId !== null
      ? await openExpectation(c.env.TRANSCRIPTS, requestId).catch(storageUnavailable)
      : null;
  const timeline = known && requestId !== null ? await timelineOf(c, requestId, known) : null;
  return page(c, {
    title: stateTitle(state, requestId),
    main: (
      <StateView
        {...{ session, requestId, status: known, clock, config }}
        hasUrl={open?.source != null}
        {...(known &&
          timeline && {
            aside: <TimelineView {...{ timeline, status: known, session, config, clock, path }} />,
          })}
      />
    ),
    session,
    place: "transcripts",
    status: STATUS_CODES[state] ?? 200,
    ...(!isOver && {
      data: {
        state,
        path,
        ...(known === null ? { arrival: `${files}/status` } : { events: `${files}/events` }),
      },
      refreshSeconds: REFRESH_SECONDS,
    }),
  });
}

const timelineOf = (
  c: Context<AppEnv>,
  requestId: RequestId,
  { state }: TranscriptStatus,
): Promise<Timeline> | null =>
  state === "deleted" ? null : readTimeline(c.env.TRANSCRIPTS, requestId);

const STATUS_CODES: Record<string, number> = { unknown: 404, deleted: 410 };

const SETTLED = ["done", "failed", "dead", "uncertain", "cancelled"];

/** Whether something will still change by itself. */
const isMoving = ({ follow_ups }: TranscriptStatus) =>
  follow_ups.some(({ state }) => !SETTLED.includes(state));
