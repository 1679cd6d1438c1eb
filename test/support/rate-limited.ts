import { env } from "cloudflare:workers";
import { faulty } from "./faulty.ts";

export const RATE_LIMITED = "put: Reduce your concurrent request rate for the same object. (10058)";

const PERIOD_MS = 1_000;

/**
 * An R2 that takes one write a second for a key, as R2 does: another one within it is refused. A write
 * counts also where its condition fails. `refused` are the keys of the writes it refused.
 */
export function rateLimited(bucket: R2Bucket = env.TRANSCRIPTS) {
  const written = new Map<string, number>();
  const refused: string[] = [];
  const limit = (key: string): void => {
    const now = performance.now();
    if (now - (written.get(key) ?? Number.NEGATIVE_INFINITY) < PERIOD_MS) {
      refused.push(key);
      throw new Error(RATE_LIMITED);
    }
    written.set(key, now);
  };
  const put = async (key: string, ...rest: [never]) => {
    limit(key);
    return bucket.put(key, ...rest);
  };
  const createMultipartUpload = async (key: string, ...rest: [never]) => {
    const upload = await bucket.createMultipartUpload(key, ...rest);
    const complete = async (parts: R2UploadedPart[]) => {
      limit(key);
      return upload.complete(parts);
    };
    return faulty(upload, { complete });
  };
  return { bucket: faulty(bucket, { put, createMultipartUpload }), refused };
}
