import type { RequestId } from "../deepgram/request-id.ts";

// The normative list of keys, with their contents and lifetimes, is README.md beside this file.

export const CALLBACKS_PREFIX = "callbacks/";

/** The current callback of a request, or its tombstone. */
export const callbackKey = (id: RequestId) => `${CALLBACKS_PREFIX}${id}`;

/** That a callback is expected, and by when. */
export const expectationKey = (id: RequestId) => `expected/${id}`;

/** Which request a job became. */
export const submissionKey = (job: string) => `submitted/${job}`;

export const IDEMPOTENCY_PREFIX = "idempotency/";

/** One submission that is not to be repeated; `sha256` is that of the caller and its key. */
export const idempotencyKey = (sha256: string) => `${IDEMPOTENCY_PREFIX}${sha256}`;

/** That an overdue request has been submitted once more. */
export const resubmissionKey = (id: RequestId) => `resubmitted/${id}`;

/** The same because a person asked for it. */
export const personResubmissionKey = (id: RequestId) => `${resubmissionKey(id)}/by-person`;

/** All that is kept beside a callback starts with this. */
export const attachmentsPrefix = (id: RequestId) => `beside/${id}/`;

export const versionsPrefix = (id: RequestId) => `${attachmentsPrefix(id)}versions/`;

/** Another body for the same request; `sha256` in lower-case hexadecimal. */
export const versionKey = (id: RequestId, sha256: string) => `${versionsPrefix(id)}${sha256}`;

export const effectsPrefix = (id: RequestId) => `${attachmentsPrefix(id)}effects/`;

/** The ledger entry of one effect. */
export const effectKey = (id: RequestId, name: string) => `${effectsPrefix(id)}${name}`;

/** A body: what is derived from it carries its digest, and is never read for another one. */
type Body = { requestId: RequestId; sha256: string };

/** The segments of a large body, in the form of `.jsonl`. The number is that of the form. */
export const segmentsKey = ({ requestId, sha256 }: Body) =>
  `${attachmentsPrefix(requestId)}segments-2/${sha256}.jsonl`;

/** What else Deepgram found in a large body. The number is that of the form. */
export const insightsKey = ({ requestId, sha256 }: Body) =>
  `${attachmentsPrefix(requestId)}insights-2/${sha256}.json`;

/** `language` is a canonical BCP 47 tag. */
export const translationPrefix = (id: RequestId, language: string) =>
  `${attachmentsPrefix(id)}translations/${language}/`;

/** The parts of the translation of a body start with this. */
export const bodyTranslationPrefix = ({ requestId, sha256 }: Body, language: string) =>
  `${translationPrefix(requestId, language)}${sha256}/`;

/** They are numbered from 0, so that their keys are in order. */
export const translationKey = (body: Body, language: string, part: number) =>
  `${bodyTranslationPrefix(body, language)}${String(part).padStart(6, "0")}.jsonl`;

export const sharesPrefix = (id: RequestId) => `${attachmentsPrefix(id)}shares/`;

/** That a link to the transcript holds; `share` is the id in the link. */
export const shareKey = (id: RequestId, share: string) => `${sharesPrefix(id)}${share}`;

/** The languages that were asked for one request, by its `extra` and by calls. */
export const askedLanguagesKey = (id: RequestId) => `${attachmentsPrefix(id)}asked-languages.json`;

/** The names people gave to the speakers of a transcript. */
export const namesKey = (id: RequestId) => `${attachmentsPrefix(id)}names.json`;

export const QUARANTINE_PREFIX = "quarantine/";

export const quarantineKey = (sha256: string) => `${QUARANTINE_PREFIX}${sha256}`;

/** Which alarms are on, and when they were sent. */
export const ALARMS_KEY = "alarms.json";

/** Written when D1 was found to be full. */
export const DATABASE_FULL_KEY = "database-full";

export const SESSIONS_PREFIX = "sessions/";

/** A signed-in browser; `digest` is the SHA-256 of the id in its cookie. */
export const sessionKey = (digest: string) => `${SESSIONS_PREFIX}${digest}`;

export const BODIES_PREFIX = "bodies/";

/** All large bodies whose deliveries began in one hour start with this; `at` in milliseconds. */
export const bodiesOfHour = (at: number) =>
  `${BODIES_PREFIX}${new Date(at).toISOString().slice(0, 13)}/`;

/** A large body in an object of its own, `bodies/2026-11-29T17/{uuid}`; in order of the hours. */
export const bodyKey = (startedAt: number, uuid: string) => `${bodiesOfHour(startedAt)}${uuid}`;

export const BODY_REFS_PREFIX = "body-refs/";

/** What a large body was uploaded for, `body-refs/2026-11-29T17/{uuid}`: in the order of the bodies. */
export const bodyRefKey = (body: string) =>
  `${BODY_REFS_PREFIX}${body.slice(BODIES_PREFIX.length)}`;

const uuidOfBody = (body: string) => body.slice(body.lastIndexOf("/") + 1);

export const BODY_CHECKS_PREFIX = "body-checks/";

/** All checks that were asked for in one hour start with this; `at` in milliseconds. */
export const bodyChecksOfHour = (at: number) =>
  `${BODY_CHECKS_PREFIX}${bodiesOfHour(at).slice(BODIES_PREFIX.length)}`;

/** That something which names a large body was about to go: the sweeper looks at the body once more. */
export const bodyCheckKey = (at: number, body: string) =>
  `${bodyChecksOfHour(at)}${uuidOfBody(body)}`;

/** The same for an erasure of the request, which finds the body by it. */
export const displacedBodyKey = (id: RequestId, body: string) =>
  `${attachmentsPrefix(id)}displaced/${uuidOfBody(body)}`;

/** How far the sweeper has looked at large bodies. */
export const BODIES_SWEPT_KEY = "bodies-swept";

export const OUTBOX_PREFIX = "outbox/";

/** Every marker is an object of its own: draining one never removes a later one. */
export const outboxKey = (marker: string) => `${OUTBOX_PREFIX}${marker}`;

export const DEAD_LETTERS_PREFIX = "dead-letters/";

/** All dead letters of a request start with this. */
export const deadLettersPrefix = (id: RequestId) => `${DEAD_LETTERS_PREFIX}${id}/`;

/** One dead letter for each effect, the last; `work` is the name of the effect or the type of the message. */
export const deadLetterKey = (id: RequestId, work: string) => `${deadLettersPrefix(id)}${work}`;

/** Of a message that is none of ours. */
export const unrecognizedMessageKey = (messageId: string) =>
  `${DEAD_LETTERS_PREFIX}stray/${messageId}`;
