import { type BodyReader, createBodyReader } from "../deepgram/body-reader.ts";
import { callbackSecret } from "../deepgram/callback.ts";
import { concat } from "../lib/bytes.ts";
import { hex, sha256 } from "../lib/digest.ts";
import { discardBody } from "../lib/discard-body.ts";
import { createHeldBytes, MAX_HELD_BYTES, type Share } from "../lib/held-bytes.ts";
import { fail, ok, type Result } from "../lib/result.ts";
import { deadlineIn, timeout } from "../lib/timeout.ts";
import { type Content, discard, newBodyPlace } from "./content.ts";
import {
  fixedSink,
  maskQuoted,
  multipartSink,
  type Quotable,
  type ReadBody,
  uploadBody,
} from "./upload-body.ts";

/** A body that has come whole and was verified; every `callback_secret` in it is masked. */
export type TakenBody = ReadBody & {
  content: Content;
  /** Whether all that it quotes is masked. False of one in memory, and of one whose `results` began. */
  isMasked: boolean;
};

export type Refusal = "too-large" | "interrupted" | "unverified" | "busy";

/** Whether a `callback_secret` is one of ours. */
export type VerifySecret = (secret: string) => boolean;

/** A request, or anything else with a body. */
type Bodied = Pick<Request, "headers" | "body" | "arrayBuffer">;

/** As much of a body is read without a credential (contract): the secret must stand within it. */
const MAX_UNVERIFIED_BYTES = 262_144;

/**
 * As long is it read. Deepgram sends a body at once: at 50 KB/s it could not deliver an hour of speech
 * in the ten seconds that it waits for an answer. Others hold 256 KiB of memory while they are waited for.
 */
const UNVERIFIED_WITHIN_MS = 5_000;

/**
 * Of verified bodies an isolate holds as much at a time, until each is stored: twelve of 4 MiB,
 * which is also what an upload in parts holds at a time. With what
 * reading and storing them takes besides, twenty would come near the 128 MB of an isolate, whose end
 * would be that of every request in it. Beyond it a body is refused as `busy`.
 */
export const bodyBytes = createHeldBytes(12 * MAX_HELD_BYTES);

/**
 * Held for bodies without a credential at a time, beside those of verified ones: a client without one must
 * not keep the others out.
 */
const unverifiedBytes = createHeldBytes(64 * MAX_UNVERIFIED_BYTES);

/** The room for a body without a credential at first. It doubles as it fills. */
const UNVERIFIED_ROOM_BYTES = 16_384;

/**
 * Asked for with one read. The runtime gives 4 KiB unasked, and the way of a chunk through promises and
 * streams then takes more time than all that is done with its bytes.
 */
const CHUNK_BYTES = 65_536;

/** The beginning of a body, and whether it has ended. */
type Start = { parts: Uint8Array[]; bytes: number; hasEnded: boolean };

type Chunks = ReadableStreamBYOBReader;

/** What `takeBody` needs besides the body. */
export type Taking = {
  bucket: R2Bucket;
  /** A larger body is refused. */
  maxBytes: number;
  /** Null where the body is verified already. */
  verifySecret: VerifySecret | null;
  /** Counts what it holds. The caller releases it once the body is stored. */
  share: Share;
  /** Masked in a large body until its `results` begin; one that is held is masked by the caller. */
  quotable: Quotable;
  /** Masked in the rest of it too. */
  masksResults?: boolean;
};

/**
 * Takes the body of a callback. One that is not verified is read only up to its `callback_secret`, and
 * nothing is uploaded before that was found to be valid. A large body is written to R2 while it comes,
 * in memory that does not grow with it. Throws when R2 does not take it.
 */
export async function takeBody(
  request: Bodied,
  { bucket, maxBytes, verifySecret, share, quotable, masksResults = false }: Taking,
): Promise<Result<TakenBody, Refusal>> {
  const header = request.headers.get("content-length");
  const announced = header === null ? null : Number(header);
  if (announced !== null && announced > maxBytes) return fail("too-large");
  const isSmall = verifySecret === null && announced !== null && announced <= MAX_HELD_BYTES;
  if (isSmall && share.take(announced)) return inOnePiece(request, announced);
  const chunks = (request.body ?? new Blob([]).stream()).getReader({ mode: "byob" });
  try {
    const reader = createBodyReader();
    const start =
      verifySecret === null
        ? ok({ parts: [], bytes: 0, hasEnded: false })
        : await readVerified(chunks, reader, verifySecret, announced);
    const rest = { chunks, reader, bucket, announced, maxBytes, share, quotable, masksResults };
    const taken = start.ok ? await readRest(rest, start.value) : start;
    if (!taken.ok && taken.reason !== "interrupted") await discardBody(chunks);
    return taken;
  } finally {
    // What is not read is not waited for.
    chunks.cancel().catch(() => {});
  }
}

/**
 * Masks all that a large body quotes: its `results` began, and then it was no transcript. It is written
 * once more for that, which is rare. Throws when R2 does not answer; both copies are then left to the
 * sweeper.
 */
export async function maskTaken(
  bucket: R2Bucket,
  { content, isMasked, ...facts }: TakenBody,
  quotable: Quotable,
): Promise<TakenBody> {
  if (isMasked || !("streamed" in content)) return { ...facts, content, isMasked };
  const { key, bytes } = content.streamed;
  const object = await bucket.get(key);
  if (object === null) throw new Error(`${key} is gone`);
  const headers = new Headers({ "content-length": String(bytes) });
  const bodied = { headers, body: object.body, arrayBuffer: () => object.arrayBuffer() };
  const taken = await takeBody(bodied, {
    ...{ bucket, maxBytes: bytes, verifySecret: null, quotable, masksResults: true },
    // It is copied in chunks.
    share: bodyBytes.open(),
  });
  if (!taken.ok) throw new Error(`${key} was ${taken.reason}`);
  await discard(bucket, content);
  return taken.value;
}

/**
 * Reads a body up to its secret, into one piece of memory: a sender that sends byte for byte is to take
 * no more of it than another.
 */
async function readVerified(
  chunks: Chunks,
  reader: BodyReader,
  verify: VerifySecret,
  announced: number | null,
): Promise<Result<Start, "interrupted" | "unverified" | "busy">> {
  const share = unverifiedBytes.open();
  try {
    return await readUpToSecret(chunks, reader, verify, announced, share);
  } finally {
    share.release();
  }
}

async function readUpToSecret(
  chunks: Chunks,
  reader: BodyReader,
  verify: VerifySecret,
  announced: number | null,
  share: Share,
): Promise<Result<Start, "interrupted" | "unverified" | "busy">> {
  const deadline = deadlineIn(UNVERIFIED_WITHIN_MS);
  // One byte more than was announced shows that the body ends there.
  let room = new ArrayBuffer(Math.min((announced ?? Infinity) + 1, UNVERIFIED_ROOM_BYTES));
  if (!share.take(room.byteLength)) return fail("busy");
  for (let bytes = 0; ; ) {
    if (bytes === room.byteLength) {
      const more = Math.min(bytes, MAX_UNVERIFIED_BYTES - bytes);
      if (!share.take(more)) return fail("busy");
      room = room.transfer(bytes + more);
    }
    const read = nextPart(chunks, new Uint8Array(room, bytes), 1);
    const next = await timeout(read, deadline.msLeft(), "verifying").catch(() => "late" as const);
    if (next === "late") return fail("unverified");
    if (next === null) return fail("interrupted");
    const { part, hasEnded } = next;
    room = part.buffer;
    bytes += part.length;
    reader.push(part);
    const secret = callbackSecret(reader.soFar());
    if (secret !== undefined) {
      if (!verify(secret)) return fail("unverified");
      return ok({ parts: [new Uint8Array(room, 0, bytes)], bytes, hasEnded });
    }
    if (hasEnded || bytes === MAX_UNVERIFIED_BYTES) return fail("unverified");
  }
}

type Part = { part: Uint8Array<ArrayBuffer>; hasEnded: boolean };

/** Fills a view with at least `min` bytes unless the body ends; null where the sender broke off. */
async function nextPart(
  chunks: Chunks,
  view: Uint8Array<ArrayBuffer>,
  min: number,
): Promise<Part | null> {
  const next = await chunks.readAtLeast(min, view).catch(() => null);
  return next && { part: next.value ?? new Uint8Array(), hasEnded: next.done };
}

const nextChunk = (chunks: Chunks) => nextPart(chunks, new Uint8Array(CHUNK_BYTES), CHUNK_BYTES);

type Reading = {
  chunks: Chunks;
  reader: BodyReader;
  bucket: R2Bucket;
  announced: number | null;
  maxBytes: number;
  share: Share;
  quotable: Quotable;
  masksResults: boolean;
};

/** Reads what follows on the verified start: into memory, or a large body into R2. */
async function readRest(
  { chunks, reader, bucket, announced, maxBytes, share, quotable, masksResults }: Reading,
  start: Start,
): Promise<Result<TakenBody, Refusal>> {
  const isLarge = announced !== null && announced > MAX_HELD_BYTES;
  // A body whose length was announced has its place before it is read.
  if (!isLarge && !share.take(announced ?? start.bytes)) return fail("busy");
  while (!isLarge && !start.hasEnded && start.bytes <= Math.min(MAX_HELD_BYTES, maxBytes)) {
    const next = await nextChunk(chunks);
    if (next === null) return fail("interrupted");
    start.hasEnded = next.hasEnded;
    if (next.part.length === 0) continue;
    if (announced === null && !share.take(next.part.length)) return fail("busy");
    reader.push(next.part);
    start.parts.push(next.part);
    start.bytes += next.part.length;
  }
  if (!isLarge && start.bytes <= MAX_HELD_BYTES) {
    if (start.bytes > maxBytes) return fail("too-large");
    if (announced !== null && announced !== start.bytes) return fail("interrupted");
    return ok(await held(concat(start.parts), reader));
  }
  const { key, startedAt } = newBodyPlace();
  const sink =
    announced === null ? await multipartSink(bucket, key) : fixedSink(bucket, key, announced);
  const limit = announced === null ? { atMost: maxBytes } : { exactly: announced };
  const findResults = () => (masksResults ? null : reader.resultsAt());
  const parts = maskQuoted(allParts(start, chunks, reader), findResults, quotable);
  const taken = await uploadBody(parts, reader, sink, limit);
  if (!taken.ok) return taken;
  const { bytes } = taken.value;
  const isMasked = findResults() === null;
  return ok({ ...taken.value, content: { streamed: { key, bytes, startedAt } }, isMasked });
}

/** The parts that have been read and those to come; null where the sender broke off. */
async function* allParts(
  { parts, hasEnded }: Start,
  chunks: Chunks,
  reader: BodyReader,
): AsyncGenerator<Uint8Array | null> {
  for (let part = parts.shift(); part !== undefined; part = parts.shift()) yield part;
  for (let isOver = hasEnded; !isOver; ) {
    const next = await nextChunk(chunks);
    if (next === null) return yield null;
    reader.push(next.part);
    if (next.part.length > 0) yield next.part;
    isOver = next.hasEnded;
  }
}

/** A body of a small length that was announced: in one piece, which is faster. */
async function inOnePiece(
  request: Bodied,
  bytes: number,
): Promise<Result<TakenBody, "interrupted">> {
  const buffer = await request.arrayBuffer().catch(() => null);
  if (buffer?.byteLength !== bytes) return fail("interrupted");
  return ok(await readHeld(new Uint8Array(buffer)));
}

/** The same of a verified body in memory. */
export function readHeld(body: Uint8Array): Promise<TakenBody> {
  const reader = createBodyReader();
  reader.push(body);
  return held(body, reader);
}

async function held(body: Uint8Array, reader: BodyReader): Promise<TakenBody> {
  const digest = hex(await sha256(body));
  const content = { held: body };
  return { content, isMasked: false, bytes: body.length, sha256: digest, ...reader.end() };
}
