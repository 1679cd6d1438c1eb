import { deadLettersPage, redriveBody, redrivePage } from "../admin/dead-letters.ts";
import { listedTranscript, transcriptList } from "../catalogue/list-query.ts";
import { rebuildReport } from "../catalogue/rebuild-query.ts";
import { catalogueHit, searchResult } from "../catalogue/search-query.ts";
import { followUpsAnswer, followUpsBody } from "../follow-ups/routes.ts";
import { conflict, followUpStatus, transcriptStatus } from "../read/transcript-status.ts";
import { createdToken, listedTokens, newToken } from "../tokens/routes.ts";
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
  segment,
  stateEvent,
  translation,
  untranslatedProblem,
} from "./answer-schemas.ts";
import { failedTranscription, finishedTranscript } from "./callback-schemas.ts";
import { namedSchemas, schemaUri } from "./json-schema.ts";
import type { Reference, Schema } from "./specification.ts";

const BODIES = {
  FinishedTranscript: finishedTranscript,
  FailedTranscription: failedTranscription,
  NewFollowUps: followUpsBody,
  Redrive: redriveBody,
  NewToken: newToken,
};

const ANSWERS = {
  TranscriptStatus: transcriptStatus,
  Conflict: conflict,
  FollowUp: followUpStatus,
  FollowUps: followUpsAnswer,
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
  UntranslatedProblem: untranslatedProblem,
};

export type SchemaName = keyof typeof BODIES | keyof typeof ANSWERS;

export const schemaRef = (name: SchemaName): Reference => ({ $ref: schemaUri(name) });

/** All schemas that have a name. */
export const schemas = (): Record<string, Schema> => ({
  ...namedSchemas(BODIES, "input"),
  ...namedSchemas(ANSWERS, "output"),
});
