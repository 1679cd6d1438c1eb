import type { Context } from "hono";
import { mayBeOfJob } from "../auth/job-request-id.ts";
import type { Session } from "../auth/session.ts";
import type { AppEnv } from "../config/app-env.ts";
import { parseRequestId, type RequestId } from "../deepgram/request-id.ts";
import { storageUnavailable } from "../http/problem.ts";
import type { Handler } from "../http/route.ts";
import { requestIdOf } from "../read/require-transcript.ts";
import { shareUrl } from "../read/shares.ts";
import { status } from "../read/status.ts";
import type { TranscriptStatus } from "../read/transcript-status.ts";
import { openExpectation } from "../store/expectations.ts";
import { readNames } from "../store/names.ts";
import { listShares } from "../store/shares.ts";
import { page } from "./document.tsx";
import { ManageView } from "./manage-view.tsx";
import { NoticesView } from "./notices-view.tsx";
import { partFragment } from "./part-fragment.tsx";
import { signedIn } from "./signed-in.ts";
import { StateView } from "./state-view.tsx";
import { transcriptData, translationsOf } from "./transcript-data.ts";
import { TranscriptView } from "./transcript-view.tsx";

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
  const { signingKeys, publicUrl, audioOrigins } = c.var.config;
  const open = await openExpectation(c.env.TRANSCRIPTS, requestId).catch(storageUnavailable);
  const { view, segments, names } = await transcriptData(c, { requestId, bounds: {} }, known, [
    open?.details.audioUrl ?? null,
    open?.source?.url ?? null,
  ]);
  const found = await listShares(c.env.TRANSCRIPTS, requestId).catch(storageUnavailable);
  const shares = await Promise.all(
    found.map(async (share) => ({ ...share, url: await shareUrl(signingKeys, publicUrl, share) })),
  );
  const files = `/v1/transcripts/${requestId}`;
  const path = `/transcripts/${requestId}`;
  const shownFiles = view.language === null ? files : `${files}/translations/${view.language}`;
  const main = (
    <TranscriptView
      {...view}
      path={path}
      languages={translationsOf(known)}
      find={{ ...view.find, url: `${files}/search` }}
      textUrl={`${shownFiles}.txt?names=true`}
      notices={<NoticesView status={known} />}
      aside={
        <ManageView
          {...{ session, status: known, segments, names, shares, path, files: shownFiles }}
          webhooks={webhooksOf(c)}
          searches={view.insights?.searches ?? []}
          kept={{ lang: view.language, audio: view.audio }}
        />
      }
    />
  );
  return page(c, {
    title: view.title,
    main,
    session,
    audioOrigins: view.audio === null ? [] : audioOrigins,
    data: { state: known.state, ...(isMoving(known) && { events: `${files}/events` }) },
  });
}

function statePage(
  c: Context<AppEnv>,
  session: Session,
  requestId: RequestId | null,
  known: TranscriptStatus | null,
): Promise<Response> {
  const state = known?.state ?? "unknown";
  const isOver = state === "deleted" || requestId === null || known?.successor != null;
  const files = `/v1/transcripts/${requestId}`;
  return page(c, {
    title: `Transcript: ${state}`,
    main: (
      <StateView
        {...{ session, requestId, status: known, now: Date.now(), webhooks: webhooksOf(c) }}
      />
    ),
    session,
    status: STATUS_CODES[state] ?? 200,
    ...(!isOver && {
      data: {
        state,
        ...(known === null ? { arrival: `${files}/status` } : { events: `${files}/events` }),
      },
      refreshSeconds: REFRESH_SECONDS,
    }),
  });
}

const webhooksOf = (c: Context<AppEnv>) => [...c.var.config.webhookEndpoints.keys()];

const STATUS_CODES: Record<string, number> = { unknown: 404, deleted: 410 };

const SETTLED = ["done", "failed", "dead", "uncertain", "cancelled"];

/** Whether something will still change by itself. */
const isMoving = ({ follow_ups }: TranscriptStatus) =>
  follow_ups.some(({ state }) => !SETTLED.includes(state));
