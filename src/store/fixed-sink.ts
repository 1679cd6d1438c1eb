import { timeout } from "../timeout.ts";
import { SINK_TIMEOUT_MS, type Sink } from "./sink.ts";

/** A single put of a length known before; fewer bytes or more come to nothing. */
export function fixedSink(bucket: R2Bucket, key: string, bytes: number): Sink {
  const { readable, writable } = new FixedLengthStream(bytes);
  const writer = writable.getWriter();
  const put = bucket.put(key, readable);
  const failed = new Promise<never>((_, reject) => put.catch(reject));
  // Whoever waits for it learns of a failure; it must not count as unhandled before.
  failed.catch(() => {});
  const step = (work: Promise<unknown>) =>
    timeout(Promise.race([work, failed]), SINK_TIMEOUT_MS, "spooling");
  return {
    async write(chunk) {
      if (chunk.length > 0) await step(writer.write(chunk));
    },
    async commit() {
      await step(writer.close());
      await step(put);
    },
    async abort() {
      await writer.abort(new Error("given up")).catch(() => {});
      await put.catch(() => {});
    },
  };
}
