import * as z from "zod";
import { type RequestId, requestId } from "../deepgram/request-id.ts";
import { parseJson } from "../lib/bytes.ts";
import { type Condition, CREATE_ONLY, conditionalPut, retryWrites } from "./bucket.ts";
import { type Details, details, type Edited, hasDetails, hasGiven, NO_DETAILS } from "./details.ts";
import { expectationKey } from "./keys.ts";

const time = z.iso.datetime();

const metadata = z.object({
  // One of a newer version is of a callback that has not come.
  state: z.enum(["expected", "live", "overdue", "failed"]).catch("expected"),
  expected_at: time,
  deadline_at: time.optional(),
  job: z.string().optional(),
  owner: z.string().optional(),
  successor: requestId.optional(),
  predecessor: requestId.optional(),
  audio_sha256: z.string().optional(),
  reason: z.string().optional(),
  token_id: z.string().transform(decodeURIComponent).optional(),
});

/** An expected callback. A stored callback takes precedence; check it first. */
export type Expectation = {
  requestId: RequestId;
  /** `failed`: Deepgram's records say so, without a callback. */
  state: "expected" | "live" | "overdue" | "failed";
  /** ISO 8601, UTC. */
  expectedAt: string;
  /** When it is taken to be lost; ISO 8601, UTC, or null where nobody says. */
  deadlineAt: string | null;
  job: string | null;
  /** The identity of the token that registered or submitted it (see `tokenId` in `config/api-tokens.ts`). */
  tokenId: string | null;
  /** The name of the Durable Object that takes the messages of a live one. */
  owner: string | null;
  /** The request that has taken its place, and the one whose place it has taken. */
  successor: RequestId | null;
  predecessor: RequestId | null;
  /** Of the audio that passed through us, lower-case hexadecimal. */
  audioSha256: string | null;
  /** Why Deepgram says that it failed, in ASCII. */
  reason: string | null;
};

/** What can be submitted again: the body of the request and its query. */
export const source = z.object({ url: z.string(), query: z.string() });

export type Source = z.infer<typeof source>;

const body = z.object({
  source: source.nullable().catch(null),
  details: details.catch(NO_DETAILS).default(NO_DETAILS),
});

/** What is kept of an expectation besides its state. */
type Kept = { source: Source | null; details: Details };

type NewExpectation = Pick<Expectation, "requestId" | "state" | "expectedAt"> &
  Partial<Expectation>;

/** Keeps what is expected; false when it was known. Throws when R2 refuses. */
export async function createExpectation(
  bucket: R2Bucket,
  expectation: NewExpectation,
  { source = null, details = NO_DETAILS }: Partial<Kept> = {},
): Promise<boolean> {
  return put(bucket, expectation, { source, details }, CREATE_ONLY);
}

/** An expectation as it was read, with what can be submitted again and what was said of it. */
export type OpenExpectation = Kept & { expectation: Expectation; etag: string };

/** Keeps what has become of an expectation. Throws when it has changed, or is gone, since it was read. */
export async function replaceExpectation(
  bucket: R2Bucket,
  { source, details, etag }: OpenExpectation,
  expectation: Expectation,
): Promise<void> {
  const isKept = await put(bucket, expectation, { source, details }, { etagMatches: etag });
  if (!isKept) throw new Error(`expected/${expectation.requestId} has changed meanwhile`);
}

/**
 * Makes a request live, expected before or not, and tells the Durable Object `owner` as the one that
 * takes its messages. What is live already stays as it is. `job` is the one by which it came, if any:
 * it becomes the job of a request that was not expected. Throws when R2 does not answer.
 */
export async function markLive(
  bucket: R2Bucket,
  requestId: RequestId,
  owner: string,
  now: number,
  job: string | null = null,
): Promise<Expectation> {
  for (;;) {
    const object = await bucket.get(expectationKey(requestId));
    const open = object && (await opened(requestId, object));
    if (open?.expectation.state === "live") return open.expectation;
    const expectedAt = open?.expectation.expectedAt ?? new Date(now).toISOString();
    const known = open?.expectation ?? { job };
    const live = { ...known, requestId, state: "live", expectedAt, owner } as const;
    const onlyIf = object === null ? CREATE_ONLY : { etagMatches: object.etag };
    // Another writer was faster: read again what it wrote.
    const { source = null, details = NO_DETAILS } = open ?? {};
    if (await put(bucket, live, { source, details }, onlyIf)) return { ...UNSAID, ...live };
  }
}

const UNSAID = {
  deadlineAt: null,
  job: null,
  tokenId: null,
  successor: null,
  predecessor: null,
  audioSha256: null,
  reason: null,
};

/**
 * Leads those who wait for a request to the one that has taken its place; it is not to be submitted
 * again, and forgets what would be. What was said of it is said of the other one. What else is
 * written of them at the same time is waited for. Throws when R2 does not answer; may be repeated.
 */
export async function linkExpectation(
  bucket: R2Bucket,
  requestId: RequestId,
  successor: RequestId,
): Promise<void> {
  await retryWrites(async () => {
    const open = await openExpectation(bucket, requestId);
    if (open === null || open.expectation.successor !== null) return;
    if (hasDetails(open.details)) await passDetails(bucket, open, successor);
    const kept = { ...open, source: null, details: NO_DETAILS };
    await replaceExpectation(bucket, kept, { ...open.expectation, successor });
  });
}

/**
 * Gives the details of a request to the one that takes its place, unless that has some of its own; what
 * people have edited likewise.
 */
async function passDetails(
  bucket: R2Bucket,
  { expectation, details }: OpenExpectation,
  successor: RequestId,
): Promise<void> {
  const known = await openExpectation(bucket, successor);
  if (known === null) {
    const { state, expectedAt, deadlineAt, tokenId } = expectation;
    const next = { requestId: successor, expectedAt, deadlineAt, tokenId };
    const isLive = state === "live";
    await createExpectation(bucket, { ...next, state: isLive ? "expected" : state }, { details });
    return;
  }
  const edited = known.details.edited ?? details.edited;
  const given = hasGiven(known.details) ? known.details : details;
  const passed = { ...given, ...(edited && { edited }) };
  await replaceExpectation(bucket, { ...known, details: passed }, known.expectation);
}

/**
 * Adds details to an expected request: a title, tags or audio URL that is given replaces the one
 * before. Returns all details. Throws when R2 does not answer; may be repeated.
 */
export async function addDetails(
  bucket: R2Bucket,
  requestId: RequestId,
  { title, tags, audioUrl }: Details,
): Promise<Details> {
  return retryWrites(async () => {
    const open = await openExpectation(bucket, requestId);
    if (open === null) throw new Error(`expected/${requestId} is gone`);
    const next = {
      ...open.details,
      title: title ?? open.details.title,
      tags: tags.length > 0 ? tags : open.details.tags,
      audioUrl: audioUrl ?? open.details.audioUrl,
    };
    await replaceExpectation(bucket, { ...open, details: next }, open.expectation);
    return next;
  });
}

/**
 * Gives a request a title or tags in the place of those that came with it, or by null those again; what
 * is not in `change` stays. A request that was never expected gets an expectation for it, which begins
 * at `receivedAt` (ISO 8601, UTC). Throws when R2 does not answer; may be repeated.
 */
export async function editDetails(
  bucket: R2Bucket,
  requestId: RequestId,
  change: Partial<Edited>,
  receivedAt: string,
): Promise<OpenExpectation | null> {
  return retryWrites(async () => {
    const open = await openExpectation(bucket, requestId);
    const before = open?.details ?? NO_DETAILS;
    const edited = { title: null, tags: null, ...before.edited, ...change };
    const next = { ...before, edited };
    if (open !== null) {
      await replaceExpectation(bucket, { ...open, details: next }, open.expectation);
      return { ...open, details: next };
    }
    const expectation = { requestId, state: "expected", expectedAt: receivedAt } as const;
    const isNew = await createExpectation(bucket, expectation, { details: next });
    if (!isNew) throw new Error(`expected/${requestId} has changed meanwhile`);
    return null;
  });
}

/** Forgets what was expected. Throws when R2 does not answer. */
export async function deleteExpectation(bucket: R2Bucket, requestId: RequestId): Promise<void> {
  await bucket.delete(expectationKey(requestId));
}

async function put(
  bucket: R2Bucket,
  expectation: NewExpectation,
  { source, details }: Kept,
  onlyIf: Condition,
): Promise<boolean> {
  const { requestId: id, state, expectedAt, deadlineAt, job, audioSha256, reason } = expectation;
  const { owner, successor, predecessor, tokenId } = expectation;
  // An etag is the hash of the body: every write has one of its own.
  const body = JSON.stringify({
    write: crypto.randomUUID(),
    source,
    ...(hasDetails(details) && { details }),
  });
  const customMetadata = {
    state,
    expected_at: expectedAt,
    ...(deadlineAt && { deadline_at: deadlineAt }),
    ...(job && { job }),
    // Metadata is ASCII; the name of a configured token need not be.
    ...(tokenId && { token_id: encodeURIComponent(tokenId) }),
    ...(owner && { owner }),
    ...(successor && { successor }),
    ...(predecessor && { predecessor }),
    ...(audioSha256 && { audio_sha256: audioSha256 }),
    ...(reason && { reason }),
  };
  const write = () => bucket.put(expectationKey(id), body, { onlyIf, customMetadata });
  return (await conditionalPut(bucket, expectationKey(id), onlyIf, write)) !== null;
}

/** What is expected under a `request_id`, or null. One R2 operation. */
export async function readExpectation(
  bucket: R2Bucket,
  requestId: RequestId,
): Promise<Expectation | null> {
  const object = await bucket.head(expectationKey(requestId));
  return object && toExpectation(requestId, object);
}

/** The same with what can be submitted again and what was said of it. One R2 operation. */
export async function openExpectation(
  bucket: R2Bucket,
  requestId: RequestId,
): Promise<OpenExpectation | null> {
  const object = await bucket.get(expectationKey(requestId));
  return object && opened(requestId, object);
}

async function opened(requestId: RequestId, object: R2ObjectBody) {
  const kept = body.safeParse(parseJson(await object.text()));
  return {
    expectation: toExpectation(requestId, object),
    etag: object.etag,
    source: kept.data?.source ?? null,
    details: kept.data?.details ?? NO_DETAILS,
  };
}

function toExpectation(requestId: RequestId, { customMetadata }: R2Object): Expectation {
  const kept = metadata.parse(customMetadata);
  return {
    requestId,
    state: kept.state,
    expectedAt: kept.expected_at,
    deadlineAt: kept.deadline_at ?? null,
    job: kept.job ?? null,
    tokenId: kept.token_id ?? null,
    owner: kept.owner ?? null,
    successor: kept.successor ?? null,
    predecessor: kept.predecessor ?? null,
    audioSha256: kept.audio_sha256 ?? null,
    reason: kept.reason ?? null,
  };
}
