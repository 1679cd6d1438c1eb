import { createdToken, listedTokens, newToken } from "../auth/token-routes.ts";
import { listedTranscript, transcriptList } from "../catalogue/list-query.ts";
import { rebuildReport } from "../catalogue/rebuild-query.ts";
import { catalogueHit, searchResult } from "../catalogue/search-query.ts";
import { deadLettersPage, redriveBody, redrivePage } from "../operate/dead-letters.ts";
import { shareList, shownShare } from "../read/share/routes.ts";
import { shareBody } from "../read/share/share-body.ts";
import { conflict, followUpStatus, transcriptStatus } from "../read/transcript-status.ts";
import { expectedAnswer, expectedBody } from "../submit/expected.ts";
import { followUpsAnswer, followUpsBody } from "../submit/follow-ups.ts";
import { retryAllAnswer, retryAllBody } from "../submit/retry-all.ts";
import {
  deletedProblem,
  failedProblem,
  followUpEvent,
  health,
  hit,
  hits,
  notAcceptableProblem,
  overdueProblem,
  problem,
  quarantined,
  quarantineList,
  registrationProblem,
  segment,
  segmentEvent,
  stateEvent,
  translation,
  unansweredProblem,
  untranslatedProblem,
} from "./answer-schemas.ts";
import {
  deepgramsError,
  failedTranscription,
  finishedTranscript,
  recording,
  streamMessage,
  submitted,
} from "./deepgram-schemas.ts";
import { namedSchemas, schemaUri } from "./json-schema.ts";
import type { Reference, Schema } from "./specification.ts";
import { webhookMessage } from "./webhooks.ts";

const BODIES = {
  FinishedTranscript: finishedTranscript,
  FailedTranscription: failedTranscription,
  StreamMessage: streamMessage,
  Recording: recording,
  NewExpectation: expectedBody,
  NewFollowUps: followUpsBody,
  FollowUpsToRetry: retryAllBody,
  NewShare: shareBody,
  Redrive: redriveBody,
  NewToken: newToken,
};

const ANSWERS = {
  TranscriptStatus: transcriptStatus,
  Conflict: conflict,
  FollowUp: followUpStatus,
  FollowUps: followUpsAnswer,
  RetriedFollowUps: retryAllAnswer,
  WebhookMessage: webhookMessage,
  Submitted: submitted,
  DeepgramError: deepgramsError,
  ExpectedCallback: expectedAnswer,
  Share: shownShare,
  ShareList: shareList,
  TranscriptList: transcriptList,
  ListedTranscript: listedTranscript,
  CatalogueHits: searchResult,
  CatalogueHit: catalogueHit,
  Translation: translation,
  Segment: segment,
  Hits: hits,
  Hit: hit,
  StateEvent: stateEvent,
  FollowUpEvent: followUpEvent,
  SegmentEvent: segmentEvent,
  DeadLetterList: deadLettersPage,
  RedriveReport: redrivePage,
  RebuildReport: rebuildReport,
  QuarantineList: quarantineList,
  Quarantined: quarantined,
  TokenList: listedTokens,
  CreatedToken: createdToken,
  Health: health,
  Problem: problem,
  NotAcceptableProblem: notAcceptableProblem,
  FailedProblem: failedProblem,
  OverdueProblem: overdueProblem,
  DeletedProblem: deletedProblem,
  RegistrationProblem: registrationProblem,
  UnansweredProblem: unansweredProblem,
  UntranslatedProblem: untranslatedProblem,
};

export type SchemaName = keyof typeof BODIES | keyof typeof ANSWERS;

export const schemaRef = (name: SchemaName): Reference => ({ $ref: schemaUri(name) });

/** All schemas that have a name. */
export const schemas = (): Record<string, Schema> => ({
  ...namedSchemas(BODIES, "input"),
  ...namedSchemas(ANSWERS, "output"),
});
