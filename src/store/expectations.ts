import * as z from "zod";
import { type RequestId, requestId } from "../deepgram/request-id.ts";
import { parseJson } from "../lib/parse-json.ts";
import { CREATE_ONLY } from "./create-only.ts";
import { expectationKey } from "./keys.ts";
import { patiently } from "./patiently.ts";

const time = z.iso.datetime();

const metadata = z.object({
  state: z.enum(["expected", "live", "overdue", "failed"]),
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

/** A callback that is to come. What has come counts more: ask for the callback first. */
export type Expectation = {
  requestId: RequestId;
  /** `failed`: Deepgram says so when it is asked, and no callback has told it. */
  state: "expected" | "live" | "overdue" | "failed";
  /** ISO 8601, UTC. */
  expectedAt: string;
  /** When it is taken to be lost; ISO 8601, UTC, or null where nobody says. */
  deadlineAt: string | null;
  job: string | null;
  /** The identity of the token that registered or submitted it (see `tokens/token-owner.ts`). */
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

const body = z.object({ source: source.nullable() });

type NewExpectation = Pick<Expectation, "requestId" | "state" | "expectedAt"> &
  Partial<Expectation>;

/** Keeps what is expected; false when it was known. Throws when R2 refuses. */
export async function createExpectation(
  bucket: R2Bucket,
  expectation: NewExpectation,
  source: Source | null = null,
): Promise<boolean> {
  return put(bucket, expectation, source, CREATE_ONLY);
}

/** An expectation as it was read, with what can be submitted again. */
export type OpenExpectation = { expectation: Expectation; source: Source | null; etag: string };

/** Keeps what has become of an expectation. Throws when it has changed, or is gone, since it was read. */
export async function replaceExpectation(
  bucket: R2Bucket,
  { source, etag }: OpenExpectation,
  expectation: Expectation,
): Promise<void> {
  const isKept = await put(bucket, expectation, source, { etagMatches: etag });
  if (!isKept) throw new Error(`expected/${expectation.requestId} has changed meanwhile`);
}

/**
 * Makes a request live, expected before or not, and tells the Durable Object `owner` as the one that
 * takes its messages. What is live already stays as it is. `job` is the one by which it came, if any:
 * it becomes the job of a request that was not expected. Throws when R2 does not answer.
 */
export async function goLive(
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
    // Whoever was quicker has written what is to be read again.
    if (await put(bucket, live, open?.source ?? null, onlyIf)) return { ...UNSAID, ...live };
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
 * again, and forgets what would be. What else is written of it at the same time is waited for. Throws
 * when R2 does not answer; may be repeated.
 */
export async function linkExpectation(
  bucket: R2Bucket,
  requestId: RequestId,
  successor: RequestId,
): Promise<void> {
  await patiently(async () => {
    const open = await openExpectation(bucket, requestId);
    if (open === null || open.expectation.successor !== null) return;
    await replaceExpectation(bucket, { ...open, source: null }, { ...open.expectation, successor });
  });
}

/** Forgets what was expected. Throws when R2 does not answer. */
export async function deleteExpectation(bucket: R2Bucket, requestId: RequestId): Promise<void> {
  await bucket.delete(expectationKey(requestId));
}

async function put(
  bucket: R2Bucket,
  expectation: NewExpectation,
  source: Source | null,
  onlyIf?: R2Conditional,
): Promise<boolean> {
  const { requestId: id, state, expectedAt, deadlineAt, job, audioSha256, reason } = expectation;
  const { owner, successor, predecessor, tokenId } = expectation;
  // An etag is the hash of the body: every write has one of its own.
  const body = JSON.stringify({ write: crypto.randomUUID(), source });
  const object = await bucket.put(expectationKey(id), body, {
    ...(onlyIf && { onlyIf }),
    customMetadata: {
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
    },
  });
  return object !== null;
}

/** What is expected under a `request_id`, or null. One R2 operation. */
export async function readExpectation(
  bucket: R2Bucket,
  requestId: RequestId,
): Promise<Expectation | null> {
  const object = await bucket.head(expectationKey(requestId));
  return object && toExpectation(requestId, object);
}

/** The same with what can be submitted again. */
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
