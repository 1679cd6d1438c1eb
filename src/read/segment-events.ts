import type { SSEStreamingApi } from "hono/streaming";
import type { RequestId } from "../deepgram/request-id.ts";
import type { LiveEvent } from "../live/live-segments.ts";
import { ownerOf } from "../live/owner.ts";
import { readExpectation } from "../store/expectations.ts";
import { readLines } from "../transcript/segments/read-lines.ts";
import { isAfter, type Mark, markText } from "./changes.ts";

type Followed = { env: Env; requestId: RequestId; signal: AbortSignal };

/**
 * Writes a `segment` event for each segment of a live request after a mark, until its stream or the
 * client is gone. Those that may yet change have no id. Gives the mark of the last one written.
 */
export async function tellSegments(
  stream: SSEStreamingApi,
  { env, requestId, signal }: Followed,
  since: Mark | null,
): Promise<Mark | null> {
  const expectation = await readExpectation(env.TRANSCRIPTS, requestId);
  if (expectation?.state !== "live") return since;
  const response = await ownerOf(env.LIVE, expectation).listen(since?.ms ?? 0);
  if (!response?.body) return since;
  let last = since;
  for await (const line of readLines(untilAborted(response.body, signal))) {
    const { at, is_final, segment }: LiveEvent = JSON.parse(line);
    if (at !== null && last !== null && !isAfter(at, last)) continue;
    const data = JSON.stringify({ request_id: requestId, is_final, ...segment });
    await stream.writeSSE({ event: "segment", data, ...(at && { id: markText(requestId, at) }) });
    last = at ?? last;
  }
  return last;
}

/** The chunks of a body; none after the abortion, or after its sender has gone. */
async function* untilAborted(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  const leave = () => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", leave);
  try {
    for (;;) {
      const next = await reader.read().catch(() => null);
      if (next === null || next.done || signal.aborted) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener("abort", leave);
    leave();
  }
}
