import { timeout } from "../lib/timeout.ts";
import { retryRateLimited } from "./retry-writes.ts";
import { ABORT_TIMEOUT_MS, SINK_TIMEOUT_MS, type Sink } from "./sink.ts";

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
