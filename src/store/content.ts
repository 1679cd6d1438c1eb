import * as z from "zod";
import { createBodyReader } from "../deepgram/body-reader.ts";
import { type Facts, failedCallback, identify } from "../deepgram/callback.ts";
import { sha256 as sha256Of } from "../lib/digest.ts";
import { type Condition, CREATE_ONLY, conditionalPut } from "./bucket.ts";
import { bodyKey, bodyRefKey, versionKey } from "./keys.ts";
import type { CallbackRecord } from "./record.ts";

/** What is stored under a key, and how. */
type Stored = {
  content: Content;
  /** Of the body, lower-case hexadecimal. */
  sha256: string;
  onlyIf: Condition;
  customMetadata: Record<string, string>;
  contentType?: string;
  /** The key by which the sweeper finds what names the body: `callbacks/…` or `quarantine/…`. */
  owner: string;
};

/**
 * After this no delivery or promotion may name a large body any more: the sweeper looks at the bodies of
 * an hour from an hour after its end. Both take seconds.
 */
const MAX_DELIVERY_MS = 900_000;

/**
 * Stores a body under a key, or, of a large one, a small object that names it; its reference is written
 * before. False where the condition does not hold. A write that R2 reports as failed may have succeeded:
 * the object is read, and true is given when it names the body. Throws when R2 refuses; the body then
 * stays for the sweeper, since the write may still succeed.
 */
export async function putContent(bucket: R2Bucket, key: string, stored: Stored): Promise<boolean> {
  const { content, sha256, onlyIf, customMetadata, contentType, owner } = stored;
  const httpMetadata = contentType === undefined ? {} : { contentType };
  if ("held" in content) {
    const options = { onlyIf, sha256, httpMetadata, customMetadata };
    const put = () => bucket.put(key, content.held, options);
    return (await conditionalPut(bucket, key, onlyIf, put)) !== null;
  }
  const { streamed } = content;
  if (Date.now() - streamed.startedAt > MAX_DELIVERY_MS) {
    throw new Error(`${streamed.key} took too long to be named`);
  }
  await putReference(bucket, streamed.key, owner, sha256);
  const { key: body, bytes } = streamed;
  // With its own text, and so its own etag: who read a record before others replaced it, and put the
  // same body back, does not take it for the one that he read.
  const pointer = JSON.stringify({ body, bytes, sha256, write: crypto.randomUUID() });
  const named = { ...customMetadata, body, bytes: String(bytes) };
  const digest = await sha256Of(pointer);
  const options = { onlyIf, sha256: digest, httpMetadata, customMetadata: named };
  const put = () => bucket.put(key, pointer, options);
  try {
    const isPut = (await conditionalPut(bucket, key, onlyIf, put)) !== null;
    return isPut || (await names(bucket, key, streamed));
  } catch (error) {
    if (await names(bucket, key, streamed)) return true;
    throw error;
  }
}

const names = async (bucket: R2Bucket, key: string, { key: body }: StreamedBody) =>
  (await bucket.head(key))?.customMetadata?.body === body;

const reference = z.object({ owner: z.string(), sha256: z.string() });

/** What a body was uploaded for; null when nothing names it. */
async function readReference(bucket: R2Bucket, body: string) {
  const object = await bucket.head(bodyRefKey(body));
  return object && reference.parse(object.customMetadata);
}

async function putReference(bucket: R2Bucket, body: string, owner: string, sha256: string) {
  const customMetadata = { owner, sha256 };
  const key = bodyRefKey(body);
  const options = { onlyIf: CREATE_ONLY, customMetadata };
  const put = () => bucket.put(key, "", options);
  if ((await conditionalPut(bucket, key, CREATE_ONLY, put)) !== null) return;
  const known = await readReference(bucket, body);
  if (known?.owner !== owner) throw new Error(`${body} belongs to ${known?.owner}`);
}

/** Copies a body to an object of its own, as large ones have it. */
export async function uploadCopy(bucket: R2Bucket, object: R2ObjectBody): Promise<Content> {
  const place = newBodyPlace();
  await bucket.put(place.key, object.body, {
    ...(object.checksums.sha256 && { sha256: object.checksums.sha256 }),
  });
  return { streamed: { ...place, bytes: object.size } };
}

/** Removes a large body and its reference; what is not there is no fault. */
export async function removeBody(bucket: R2Bucket, body: string): Promise<void> {
  await bucket.delete([body, bodyRefKey(body)]);
}

/** Removes an upload that nothing names; nothing is to be done for a body in memory. */
export async function discard(bucket: R2Bucket, content: Content): Promise<void> {
  if ("streamed" in content) await removeBody(bucket, content.streamed.key);
}

/** A large body in an object of its own, written while it came. */
type StreamedBody = {
  /** `bodies/…` */
  key: string;
  bytes: number;
  /** When its delivery began, in milliseconds since 1970. */
  startedAt: number;
};

/** The bytes of a body: in memory, or in R2 already. */
export type Content = { held: Uint8Array } | { streamed: StreamedBody };

/** The place of a large body whose delivery begins now. */
export function newBodyPlace(): Omit<StreamedBody, "bytes"> {
  const startedAt = Date.now();
  return { key: bodyKey(startedAt, crypto.randomUUID()), startedAt };
}

/**
 * Opens the body of a record, or a range of it: always the bytes that have the record's `sha256`. Null
 * when the body was erased since the record was read. When another body has taken the place of the
 * current one meanwhile, the version is read that the displaced one became. Throws when R2 does not
 * answer.
 */
export async function openBody(
  bucket: R2Bucket,
  record: CallbackRecord,
  range?: R2Range,
): Promise<R2ObjectBody | null> {
  const options = range ? { range } : {};
  const { key, etag, bodyKey, requestId, sha256 } = record;
  if (bodyKey !== null) return bucket.get(bodyKey, options);
  const object = await bucket.get(key, { ...options, onlyIf: { etagMatches: etag } });
  if (object !== null && "body" in object) return object;
  const version = versionKey(requestId, sha256);
  return version === key ? null : bucket.get(version, options);
}

/** The same for a body that must be there: throws when it was erased. */
export async function requireBody(
  bucket: R2Bucket,
  record: CallbackRecord,
  range?: R2Range,
): Promise<R2ObjectBody> {
  const object = await openBody(bucket, record, range);
  if (object === null) throw new Error(`the body of ${record.key} is gone`);
  return object;
}

/** Reads ranges of the body of a record, each whole, so that no stream stays open. Throws when it is gone. */
export const rangeReader =
  (bucket: R2Bucket, record: CallbackRecord) =>
  async (offset: number, length: number): Promise<Uint8Array> => {
    const object = await requireBody(bucket, record, { offset, length });
    return new Uint8Array(await object.arrayBuffer());
  };

/** The facts of a stored callback, read from its body when they did not fit into the metadata. */
export async function factsOf(bucket: R2Bucket, record: CallbackRecord): Promise<Facts> {
  const { facts } = record;
  if (facts !== null) return facts;
  const object = await requireBody(bucket, record);
  const reader = createBodyReader();
  for await (const chunk of object.body) reader.push(chunk);
  const { json } = reader.end();
  const callback = identify(json);
  // A failure that came for a job has its id from there.
  return callback.ok ? callback.value.facts : failedCallback(record.requestId, json).facts;
}
