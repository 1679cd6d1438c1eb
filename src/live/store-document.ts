import { identify } from "../deepgram/callback.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import type { Share } from "../lib/held-bytes.ts";
import { handOver } from "../queue/messages.ts";
import { type StoreResult, storeCallback } from "../store/callbacks.ts";
import { discard } from "../store/content.ts";
import type { StreamSource } from "../store/record.ts";
import { bodyBytes, takeBody } from "../store/take-body.ts";

/**
 * Stores the document of a stream as the callback of a request, and hands it over to the queue. It
 * takes the place of one made of fewer of its messages. May be repeated.
 * Throws when that has not come to its end.
 */
export async function storeDocument(
  env: Env,
  requestId: RequestId,
  parts: Iterable<string>,
  stream: StreamSource,
): Promise<StoreResult["outcome"]> {
  const share = bodyBytes.open();
  try {
    return await store(env, requestId, stream, streamed(parts), share);
  } finally {
    share.release();
  }
}

async function store(
  env: Env,
  requestId: RequestId,
  stream: StreamSource,
  body: ReturnType<typeof streamed>,
  share: Share,
): Promise<StoreResult["outcome"]> {
  const taken = await takeBody(body, {
    share,
    bucket: env.TRANSCRIPTS,
    maxBytes: Number.MAX_SAFE_INTEGER,
    verifySecret: null,
    // Its messages were masked as they came.
    quotable: async () => [],
  });
  if (!taken.ok) throw new Error(`the document was ${taken.reason}`);
  const { content, json, sha256 } = taken.value;
  const callback = identify(json);
  if (!callback.ok) {
    await discard(env.TRANSCRIPTS, content);
    throw new Error(`the document is ${callback.reason}`);
  }
  const receivedAt = new Date().toISOString();
  const record = { ...callback.value, requestId, receivedAt, sha256, stream };
  const { outcome } = await storeCallback(env.TRANSCRIPTS, record, content);
  if (outcome !== "deleted") {
    const message = { type: "callback", request_id: requestId } as const;
    await handOver(env, message);
  }
  return outcome;
}

/** Parts are sent together up to about this length. */
const CHUNK_CHARS = 65_536;

/** A text that is made no faster than it is read. */
export function streamed(parts: Iterable<string> | AsyncIterable<string>): Response {
  const making = chunks(parts);
  const stream = new ReadableStream(
    {
      // What takes a body reads into memory of its own.
      type: "bytes",
      async pull(controller) {
        const { value, done } = await making.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await making.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(stream);
}

async function* chunks(
  parts: Iterable<string> | AsyncIterable<string>,
): AsyncGenerator<Uint8Array, void> {
  const encoder = new TextEncoder();
  let text = "";
  for await (const part of parts) {
    text += part;
    if (text.length < CHUNK_CHARS) continue;
    yield encoder.encode(text);
    text = "";
  }
  if (text !== "") yield encoder.encode(text);
}
