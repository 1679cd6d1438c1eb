import { jobKind } from "./auth/job.ts";
import { deleteToken, getTokens, postToken } from "./auth/token-routes.ts";
import { listQuery } from "./catalogue/list-query.ts";
import { rebuildQuery } from "./catalogue/rebuild-query.ts";
import { getSearch, getTranscripts, postRebuild } from "./catalogue/routes.ts";
import { searchQuery } from "./catalogue/search-query.ts";
import type { Handler, Route } from "./http/route.ts";
import { getDocs, getOpenApi } from "./openapi/routes.ts";
import {
  deadLettersQuery,
  deleteDeadLetters,
  dismissalQuery,
  getDeadLetters,
  postRedrive,
} from "./operate/dead-letters.ts";
import { deleteTranscript } from "./operate/delete-transcript.ts";
import { getHealth } from "./operate/health.ts";
import { postPromotion } from "./operate/promote-version.ts";
import {
  deleteQuarantined,
  getQuarantined,
  listQuarantined,
  quarantineQuery,
} from "./operate/quarantine.ts";
import { PAGES } from "./pages/routes.ts";
import { getEvents } from "./read/events.ts";
import { searchTranscript, searchQuery as searchWithinQuery } from "./read/search-transcript.ts";
import { deleteShare, getShares, postShare } from "./read/share/routes.ts";
import { getStatus, statusQuery } from "./read/status.ts";
import { getTranscript, getTranscriptFile } from "./read/transcript.ts";
import { transcriptQuery, translationQuery } from "./read/transcript-query.ts";
import { getTranslation, getTranslationFile } from "./read/translation.ts";
import { receive } from "./receive/receive.ts";
import { openSocket } from "./receive/websocket.ts";
import { postExpected } from "./submit/expected.ts";
import { postFollowUps, postRetry } from "./submit/follow-ups.ts";
import { postListen } from "./submit/listen.ts";
import { postRetryAll } from "./submit/retry-all.ts";
import { captionQuery } from "./transcript/captions/caption-query.ts";
import { sliceQuery } from "./transcript/slice/slice-query.ts";

// A path that names no job is that of `/hook`, whatever stands behind it.
const jobOf = (name: string | undefined): string | null =>
  name !== undefined && jobKind(name) !== null ? name : null;

const callback: Handler = (c) =>
  receive(c.req.raw, c.env, c.var.config, c.executionCtx, jobOf(c.req.param("job")));

const socket: Handler = (c) =>
  openSocket(c.req.raw, c.env, c.var.config, c.executionCtx, jobOf(c.req.param("job")));

// Whoever sends a transcript to others, or opens it to them, must be one who may read it.
const SUBMIT_AND_READ = ["submit", "read"] as const;

const TRANSLATION_QUERY = [translationQuery, sliceQuery, captionQuery];
const TRANSCRIPT_QUERY = [transcriptQuery, sliceQuery, captionQuery];

/** Every operation over HTTP, with the scopes that it asks for. */
export const ROUTES: readonly Route[] = [
  // Callbacks carry credentials of their own.
  { method: "POST", path: "/hook", scope: null, handle: callback },
  { method: "PUT", path: "/hook", scope: null, handle: callback },
  { method: "POST", path: "/hook/:job", scope: null, handle: callback },
  { method: "PUT", path: "/hook/:job", scope: null, handle: callback },
  { method: "GET", path: "/hook", scope: null, opens: "websocket", handle: socket },
  { method: "GET", path: "/hook/:job", scope: null, opens: "websocket", handle: socket },
  { method: "GET", path: "/health", scope: null, handle: getHealth },
  {
    method: "GET",
    path: "/v1/transcripts",
    scope: "read",
    query: [listQuery],
    handle: getTranscripts,
  },
  { method: "GET", path: "/v1/search", scope: "read", query: [searchQuery], handle: getSearch },
  {
    method: "POST",
    path: "/v1/catalogue/rebuild",
    scope: "admin",
    query: [rebuildQuery],
    handle: postRebuild,
  },
  { method: "GET", path: "/openapi.json", scope: null, handle: getOpenApi },
  { method: "GET", path: "/docs", scope: null, handle: getDocs },
  // The file before the id, which would match it too.
  {
    method: "GET",
    path: "/v1/transcripts/:file{[^/.]+\\.[^/]+}",
    scope: "read",
    query: TRANSCRIPT_QUERY,
    handle: getTranscriptFile,
  },
  {
    method: "GET",
    path: "/v1/transcripts/:request_id",
    scope: "read",
    query: TRANSCRIPT_QUERY,
    handle: getTranscript,
  },
  {
    method: "GET",
    path: "/v1/transcripts/:request_id/status",
    scope: "read",
    query: [statusQuery],
    handle: getStatus,
  },
  {
    method: "GET",
    path: "/v1/transcripts/:request_id/search",
    scope: "read",
    query: [searchWithinQuery, sliceQuery],
    handle: searchTranscript,
  },
  {
    method: "GET",
    path: "/v1/transcripts/:request_id/events",
    scope: "read",
    query: [statusQuery],
    handle: getEvents,
  },
  {
    method: "DELETE",
    path: "/v1/transcripts/:request_id",
    scope: "admin",
    handle: deleteTranscript,
  },
  {
    method: "GET",
    path: "/v1/transcripts/:request_id/translations/:file{[^/.]+\\.[^/]+}",
    scope: "read",
    query: TRANSLATION_QUERY,
    handle: getTranslationFile,
  },
  {
    method: "GET",
    path: "/v1/transcripts/:request_id/translations/:language",
    scope: "read",
    query: TRANSLATION_QUERY,
    handle: getTranslation,
  },
  {
    method: "POST",
    path: "/v1/transcripts/:request_id/follow-ups",
    scope: SUBMIT_AND_READ,
    handle: postFollowUps,
  },
  {
    method: "POST",
    path: "/v1/transcripts/:request_id/follow-ups/:name/retry",
    scope: "admin",
    handle: postRetry,
  },
  {
    method: "POST",
    path: "/v1/transcripts/:request_id/versions/:sha256/promote",
    scope: "admin",
    handle: postPromotion,
  },
  { method: "POST", path: "/v1/follow-ups/retry", scope: "admin", handle: postRetryAll },
  { method: "POST", path: "/v1/listen", scope: "submit", query: "any", handle: postListen },
  { method: "POST", path: "/v1/expected", scope: "submit", handle: postExpected },
  {
    method: "GET",
    path: "/v1/dead-letters",
    scope: "admin",
    query: [deadLettersQuery],
    handle: getDeadLetters,
  },
  {
    method: "DELETE",
    path: "/v1/dead-letters",
    scope: "admin",
    query: [dismissalQuery],
    handle: deleteDeadLetters,
  },
  { method: "POST", path: "/v1/dead-letters/redrive", scope: "admin", handle: postRedrive },
  {
    method: "GET",
    path: "/v1/quarantine",
    scope: "admin",
    query: [quarantineQuery],
    handle: listQuarantined,
  },
  { method: "GET", path: "/v1/quarantine/:digest", scope: "admin", handle: getQuarantined },
  { method: "DELETE", path: "/v1/quarantine/:digest", scope: "admin", handle: deleteQuarantined },
  { method: "GET", path: "/v1/tokens", scope: "admin", handle: getTokens },
  { method: "POST", path: "/v1/tokens", scope: "admin", handle: postToken },
  { method: "DELETE", path: "/v1/tokens/:name", scope: "admin", handle: deleteToken },
  {
    method: "POST",
    path: "/v1/transcripts/:request_id/share",
    scope: SUBMIT_AND_READ,
    handle: postShare,
  },
  {
    method: "GET",
    path: "/v1/transcripts/:request_id/shares",
    scope: SUBMIT_AND_READ,
    handle: getShares,
  },
  {
    method: "DELETE",
    path: "/v1/transcripts/:request_id/shares/:id",
    scope: SUBMIT_AND_READ,
    handle: deleteShare,
  },
  ...PAGES,
];
