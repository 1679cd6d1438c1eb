import { type BodyReader, createBodyReader } from "../deepgram/body-reader.ts";
import { hex, sha256 } from "../digest.ts";
import { MAX_HELD_BYTES } from "../limits.ts";
import { fail, ok, type Result } from "../result.ts";
import type { Content } from "../store/content.ts";
import { fixedSink } from "../store/fixed-sink.ts";
import { spoolKey } from "../store/keys.ts";
import { multipartSink } from "../store/multipart-sink.ts";
import type { Sink } from "../store/sink.ts";

/** A body that has come whole and was verified; every `callback_secret` in it is masked. */
export type TakenBody = {
  content: Content;
  bytes: number;
  /** Lower-case hexadecimal. */
  sha256: string;
  isJson: boolean;
  /** Its JSON value without the speech. */
  json: unknown;
};

type Refusal = "too-large" | "interrupted" | "unverified";
type Verify = (json: unknown) => Promise<boolean>;
type Limit = { exactly: number } | { atMost: number };
type Chunks = ReadableStreamDefaultReader<Uint8Array>;

/**
 * Takes the body of a callback. A large one is written to the spool while it comes, in memory that
 * does not grow with it; it exists there only once it has come whole and `verify` has passed. Throws
 * when R2 does not take it.
 */
export async function takeBody(
  request: Request,
  bucket: R2Bucket,
  maxBytes: number,
  verify: Verify,
): Promise<Result<TakenBody, Refusal>> {
  const announced = request.headers.get("content-length");
  const bytes = announced === null ? null : Number(announced);
  if (bytes !== null && bytes > maxBytes) return fail("too-large");
  const reader = createBodyReader();
  const chunks: Chunks = (request.body ?? new Blob([]).stream()).getReader();
  const start = await readStart(chunks, bytes, Math.min(MAX_HELD_BYTES, maxBytes));
  if (start === null) return fail("interrupted");
  if (start.isWhole) return held(joined(start.parts), reader, verify);
  const key = spoolKey(crypto.randomUUID());
  const sink = bytes === null ? await multipartSink(bucket, key) : fixedSink(bucket, key, bytes);
  const limit = bytes === null ? { atMost: maxBytes } : { exactly: bytes };
  const taken = await spooled(start.parts, chunks, sink, reader, verify, limit);
  return taken.ok ? ok({ ...taken.value, content: { spooled: key } }) : taken;
}

/** The parts up to `maxBytes`; null when the sender broke off. */
async function readStart(chunks: Chunks, announced: number | null, maxBytes: number) {
  const parts: Uint8Array[] = [];
  if (announced !== null && announced > maxBytes) return { parts, isWhole: false };
  let bytes = 0;
  while (bytes <= maxBytes) {
    const next = await chunks.read().catch(() => null);
    if (next === null) return null;
    if (next.done)
      return announced === null || announced === bytes ? { parts, isWhole: true } : null;
    parts.push(next.value);
    bytes += next.value.length;
  }
  return { parts, isWhole: false };
}

async function held(
  body: Uint8Array,
  reader: BodyReader,
  verify: Verify,
): Promise<Result<TakenBody, Refusal>> {
  reader.push(body);
  const { isJson, json } = reader.end();
  if (!(await verify(json))) return fail("unverified");
  const digest = hex(await sha256(body));
  return ok({ content: { held: body }, bytes: body.length, sha256: digest, isJson, json });
}

async function spooled(
  start: Uint8Array[],
  chunks: Chunks,
  sink: Sink,
  reader: BodyReader,
  verify: Verify,
  limit: Limit,
): Promise<Result<Omit<TakenBody, "content">, Refusal>> {
  const digest = new crypto.DigestStream("SHA-256");
  const digesting = digest.getWriter();
  let bytes = 0;
  // The last chunk is kept back until all is known to be well: without it nothing comes to be.
  let last: Uint8Array = new Uint8Array();
  const refuse = async (reason: Refusal) => {
    await Promise.all([sink.abort(), chunks.cancel().catch(() => {})]);
    return fail(reason);
  };
  for (;;) {
    const chunk = start.shift() ?? (await chunks.read().catch(() => null));
    if (chunk === null) return refuse("interrupted");
    if ("done" in chunk && chunk.done) break;
    const part = "value" in chunk ? chunk.value : chunk;
    bytes += part.length;
    if ("atMost" in limit && bytes > limit.atMost) return refuse("too-large");
    if ("exactly" in limit && bytes > limit.exactly) return refuse("interrupted");
    reader.push(part);
    await digesting.write(part);
    await sink.write(last);
    last = part;
  }
  if ("exactly" in limit && bytes < limit.exactly) return refuse("interrupted");
  await digesting.close();
  const { isJson, json } = reader.end();
  if (!(await verify(json))) return refuse("unverified");
  await sink.write(last);
  await sink.commit();
  return ok({ bytes, sha256: hex(await digest.digest), isJson, json });
}

function joined(parts: Uint8Array[]): Uint8Array {
  const [first, ...rest] = parts;
  if (first !== undefined && rest.length === 0) return first;
  const whole = new Uint8Array(parts.reduce((bytes, part) => bytes + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
