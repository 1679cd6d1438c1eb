import { hex } from "../lib/digest.ts";
import { timeout } from "../lib/timeout.ts";
import { ABORT_TIMEOUT_MS, SINK_TIMEOUT_MS, type Sink } from "./sink.ts";

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
