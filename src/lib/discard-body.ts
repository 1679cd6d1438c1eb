import { createHeldBytes } from "./held-bytes.ts";
import { deadlineIn, timeout } from "./timeout.ts";

/**
 * So much of a refused body is read and dropped, for so long, and only while more of it comes. Were the
 * connection closed over unread bytes, its sender would see it reset, and not the answer (RFC 9112,
 * section 9.6). Cloudflare lets 100 MB through on most plans, and Deepgram waits ten seconds for an
 * answer; strangers are not to keep the Worker busy with more.
 */
const MAX_BYTES = 134_217_728;
const WITHIN_MS = 10_000;
const STALLED_MS = 2_000;

const CHUNK_BYTES = 65_536;

/** For so many bodies at a time: slow senders must not fill the memory of an isolate. */
const MAX_BODIES = 256;
const discarding = createHeldBytes(MAX_BODIES * CHUNK_BYTES);

/**
 * Reads and drops what the sender of a refused body still sends, up to 128 MiB. Does nothing while 256
 * other bodies are read. Never throws.
 */
export async function discardBody(chunks: ReadableStreamBYOBReader): Promise<void> {
  const share = discarding.open();
  if (!share.take(CHUNK_BYTES)) return;
  await discardChunks(chunks).finally(share.release);
}

async function discardChunks(chunks: ReadableStreamBYOBReader): Promise<void> {
  const deadline = deadlineIn(WITHIN_MS);
  let room = new ArrayBuffer(CHUNK_BYTES);
  for (let bytes = 0; bytes < MAX_BYTES && deadline.msLeft() > 0; ) {
    const read = chunks.read(new Uint8Array(room));
    const next = await timeout(read, STALLED_MS, "discarding").catch(() => null);
    if (next === null || next.done) return;
    bytes += next.value.length;
    room = next.value.buffer;
  }
}
