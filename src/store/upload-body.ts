import type { BodyReader } from "../deepgram/body-reader.ts";
import { hex } from "../lib/digest.ts";
import { MAX_HELD_BYTES } from "../lib/held-bytes.ts";
import { createStringMasker } from "../lib/mask-strings.ts";
import { fail, ok, type Result } from "../lib/result.ts";
import { timeout } from "../lib/timeout.ts";
import { retryRateLimited } from "./bucket.ts";

/** An object of R2 that is being written. All methods throw when R2 does not answer or refuses. */
export type Sink = {
  /** The chunk must not change afterwards. */
  write: (chunk: Uint8Array) => Promise<void>;
  /** After all bytes: the object exists when this resolves. */
  commit: () => Promise<void>;
  /** Leaves nothing behind. */
  abort: () => Promise<void>;
};

/** For one step of writing. Deepgram is taken to wait 10 s for an answer. */
export const SINK_TIMEOUT_MS = 6_000;

/** For giving up after a step that took its whole time: the answer is still to be in time. */
export const ABORT_TIMEOUT_MS = 2_000;

/** A single put of a length known before; fewer bytes or more come to nothing. */
export function fixedSink(bucket: R2Bucket, key: string, bytes: number): Sink {
  const { readable, writable } = new FixedLengthStream(bytes);
  const writer = writable.getWriter();
  const put = bucket.put(key, readable);
  const failed = new Promise<never>((_, reject) => put.catch(reject));
  // The caller that awaits it sees the failure; it must not count as unhandled before.
  failed.catch(() => {});
  // R2 reports the MD5 of a stored object, not the SHA-256, which is known only at the end.
  const digest = new crypto.DigestStream("MD5");
  const digesting = digest.getWriter();
  const step = <Value>(work: Promise<Value>) =>
    timeout(Promise.race([work, failed]), SINK_TIMEOUT_MS, "uploading");
  // The last chunk is kept back until the commit: without it nothing comes to be.
  let last: Uint8Array = new Uint8Array();
  return {
    async write(chunk) {
      digesting.write(chunk);
      if (last.length > 0) await step(writer.write(last));
      last = chunk;
    },
    async commit() {
      if (last.length > 0) await step(writer.write(last));
      await step(writer.close());
      const object = await step(put);
      await digesting.close();
      const sent = await digest.digest;
      const stored = object?.checksums.md5;
      if (stored && hex(stored) === hex(sent)) return;
      await bucket.delete(key);
      throw new Error(`R2 has other bytes under ${key} than were sent`);
    },
    async abort() {
      const given = [writer.abort(new Error("given up")), put];
      // What R2 has stored all the same goes; where it refused, nothing is there.
      const cleared = Promise.allSettled(given)
        .then(() => put)
        .then(() => bucket.delete(key));
      await timeout(cleared, ABORT_TIMEOUT_MS, "giving up").catch(() => {});
    },
  };
}

// R2 wants parts of at least 5 MiB, all of one size but the last.
const PART_BYTES = 5_242_880;

/** An upload in parts, for a length that is not known before. One part is held in memory. */
export async function multipartSink(bucket: R2Bucket, key: string): Promise<Sink> {
  const step = <Value>(work: Promise<Value>) => timeout(work, SINK_TIMEOUT_MS, "uploading");
  const upload = await step(bucket.createMultipartUpload(key));
  const parts: R2UploadedPart[] = [];
  const part = new Uint8Array(PART_BYTES);
  let filled = 0;
  let written = 0;

  async function flush(): Promise<void> {
    written += filled;
    parts.push(await step(upload.uploadPart(parts.length + 1, part.subarray(0, filled))));
    filled = 0;
  }

  return {
    async write(chunk) {
      for (let from = 0; from < chunk.length; ) {
        const to = Math.min(from + PART_BYTES - filled, chunk.length);
        part.set(chunk.subarray(from, to), filled);
        filled += to - from;
        from = to;
        if (filled === PART_BYTES) await flush();
      }
    },
    async commit() {
      if (filled > 0) await flush();
      const object = await retryRateLimited(() => step(upload.complete(parts)));
      if (object?.size === written) return;
      await bucket.delete(key);
      throw new Error(`R2 has ${object?.size} bytes under ${key} and not ${written}`);
    },
    async abort() {
      await timeout(upload.abort(), ABORT_TIMEOUT_MS, "giving up");
    },
  };
}

/** A body that has come whole. */
export type ReadBody = {
  bytes: number;
  /** Lower-case hexadecimal. */
  sha256: string;
  isJson: boolean;
  /** Its JSON value without the speech. */
  json: unknown;
  /** Its first bytes, up to 4 KiB, masked. */
  head: Uint8Array;
};

/** In bytes: what was announced, or what is taken at most. */
type Limit = { exactly: number } | { atMost: number };

/**
 * Writes a body to a sink while it comes; `reader` has seen each part, and null stands where the sender
 * broke off. Nothing is stored of a body that is refused. Throws when the sink does not take it.
 */
export async function uploadBody(
  parts: AsyncIterable<Uint8Array | null>,
  reader: BodyReader,
  sink: Sink,
  limit: Limit,
): Promise<Result<ReadBody, "too-large" | "interrupted">> {
  try {
    const body = await write(parts, reader, sink, limit);
    if (body.ok) await sink.commit();
    else await sink.abort();
    return body;
  } catch (error) {
    await sink.abort().catch(() => {});
    throw error;
  }
}

async function write(
  parts: AsyncIterable<Uint8Array | null>,
  reader: BodyReader,
  sink: Sink,
  limit: Limit,
): Promise<Result<ReadBody, "too-large" | "interrupted">> {
  const digest = new crypto.DigestStream("SHA-256");
  const digesting = digest.getWriter();
  const maxBytes = "exactly" in limit ? limit.exactly : limit.atMost;
  let bytes = 0;
  for await (const part of parts) {
    if (part === null) return fail("interrupted");
    bytes += part.length;
    if (bytes > maxBytes) return fail("exactly" in limit ? "interrupted" : "too-large");
    await Promise.all([digesting.write(part), sink.write(part)]);
  }
  if ("exactly" in limit && bytes < maxBytes) return fail("interrupted");
  await digesting.close();
  return ok({ bytes, sha256: hex(await digest.digest), ...reader.end() });
}

/** Byte strings that a body which is no transcript may quote, and that are masked in it. */
export type Quotable = () => Promise<Uint8Array[]>;

type Parts = AsyncIterable<Uint8Array | null>;

/**
 * The parts of a large body; null where the sender broke off. `findResults` tells where the `results` of a
 * transcript begin in what has come so far, in bytes from the start. A transcript stays as it came: its
 * first parts wait for its `results`, up to `MAX_HELD_BYTES`. What comes later than that and before
 * `results` is masked, and all of a body without them.
 */
export async function* maskQuoted(
  parts: Parts,
  findResults: () => number | null,
  quotable: Quotable,
): AsyncGenerator<Uint8Array | null> {
  const masker = createLazyMasker(quotable);
  const held: Uint8Array[] = [];
  let bytes = 0;
  let isMasking = false;
  let isTranscript = false;
  for await (const part of parts) {
    if (part === null || isTranscript) {
      yield part;
      continue;
    }
    bytes += part.length;
    const resultsAt = findResults();
    isTranscript = resultsAt !== null;
    if (resultsAt !== null && isMasking) {
      const before = part.length - (bytes - resultsAt);
      yield* masker.push(part.subarray(0, before));
      yield* masker.end();
      yield part.subarray(before);
      continue;
    }
    held.push(part);
    if (!isTranscript && bytes <= MAX_HELD_BYTES) continue;
    isMasking = !isTranscript;
    for (const one of held.splice(0)) {
      if (isTranscript) yield one;
      else yield* masker.push(one);
    }
  }
  if (isTranscript) return;
  for (const one of held) yield* masker.push(one);
  yield* masker.end();
}

/** Asks for what is masked when there is something to mask it in; gives no empty parts. */
function createLazyMasker(quotable: Quotable) {
  let asked: Promise<ReturnType<typeof createStringMasker>> | null = null;
  const ask = () => {
    asked ??= quotable().then(createStringMasker);
    return asked;
  };
  async function* push(part: Uint8Array): AsyncGenerator<Uint8Array> {
    const ready = (await ask()).push(part);
    if (ready.length > 0) yield ready;
  }
  async function* end(): AsyncGenerator<Uint8Array> {
    const left = (await ask()).end();
    if (left.length > 0) yield left;
  }
  return { push, end };
}
