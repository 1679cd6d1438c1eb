import { createBodyReader } from "../deepgram/body-reader.ts";
import { hex, sha256 } from "../digest.ts";
import { MAX_HELD_BYTES } from "../limits.ts";
import { fail, ok, type Result } from "../result.ts";
import type { Content } from "../store/content.ts";
import { fixedSink } from "../store/fixed-sink.ts";
import { spoolKey } from "../store/keys.ts";
import { multipartSink } from "../store/multipart-sink.ts";
import { type Refusal, type SpooledBody, spoolBody, type Verify } from "./spool-body.ts";

/** A body that has come whole and was verified; every `callback_secret` in it is masked. */
export type TakenBody = SpooledBody & { content: Content };

type Chunks = ReadableStreamDefaultReader<Uint8Array>;

/** A request, or anything else with a body. */
type Bodied = Pick<Request, "headers" | "body" | "arrayBuffer">;

/**
 * Takes the body of a callback. A large one is written to the spool while it comes, in memory that
 * does not grow with it; it exists there only once it has come whole and `verify` has passed. Throws
 * when R2 does not take it.
 */
export async function takeBody(
  request: Bodied,
  bucket: R2Bucket,
  maxBytes: number,
  verify: Verify,
): Promise<Result<TakenBody, Refusal>> {
  const announced = request.headers.get("content-length");
  const bytes = announced === null ? null : Number(announced);
  if (bytes !== null && bytes > maxBytes) return fail("too-large");
  if (bytes !== null && bytes <= MAX_HELD_BYTES) return heldWhole(request, bytes, verify);
  const chunks: Chunks = (request.body ?? new Blob([]).stream()).getReader();
  const start = await readStart(chunks, bytes, Math.min(MAX_HELD_BYTES, maxBytes));
  if (start === null) return fail("interrupted");
  if (start.isWhole) return held(joined(start.parts), verify);
  const key = spoolKey(crypto.randomUUID());
  const sink = bytes === null ? await multipartSink(bucket, key) : fixedSink(bucket, key, bytes);
  const limit = bytes === null ? { atMost: maxBytes } : { exactly: bytes };
  const taken = await spoolBody(allParts(start.parts, chunks), sink, verify, limit);
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

/** The parts that have been read and those to come; null where the sender broke off. */
async function* allParts(start: Uint8Array[], chunks: Chunks): AsyncGenerator<Uint8Array | null> {
  for (let part = start.shift(); part !== undefined; part = start.shift()) yield part;
  try {
    for (;;) {
      const next = await chunks.read().catch(() => null);
      if (next?.done) return;
      yield next === null ? null : next.value;
    }
  } finally {
    await chunks.cancel().catch(() => {});
  }
}

/** A body of a small length that was announced: in one piece, which is faster. */
async function heldWhole(
  request: Bodied,
  bytes: number,
  verify: Verify,
): Promise<Result<TakenBody, Refusal>> {
  const body = await request.arrayBuffer().catch(() => null);
  return body?.byteLength === bytes ? held(new Uint8Array(body), verify) : fail("interrupted");
}

async function held(body: Uint8Array, verify: Verify): Promise<Result<TakenBody, Refusal>> {
  const { isJson, json, head } = readWhole(body);
  if (!(await verify(json))) return fail("unverified");
  const digest = hex(await sha256(body));
  return ok({ content: { held: body }, bytes: body.length, sha256: digest, isJson, json, head });
}

/** The same of a verified body in memory. */
export async function readHeld(body: Uint8Array): Promise<TakenBody> {
  const taken = await held(body, async () => true);
  if (!taken.ok) throw new Error("a body that needs no credential was refused");
  return taken.value;
}

function readWhole(body: Uint8Array) {
  const reader = createBodyReader();
  reader.push(body);
  return reader.end();
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
