import * as z from "zod";
import { timeout } from "../timeout.ts";
import { CREATE_ONLY } from "./create-only.ts";
import { QUARANTINE_PREFIX, quarantineKey } from "./keys.ts";
import { listObjects } from "./list.ts";

/** A verified body that could not be matched to a request. */
export type Quarantined = {
  /** SHA-256 of the body, lower-case hexadecimal. */
  digest: string;
  reason: string;
  content_type: string;
  bytes: number;
  /** When it came first; ISO 8601, UTC. */
  received_at: string;
};

const WRITE_TIMEOUT_MS = 6_000;

const metadata = z.object({
  reason: z.string(),
  content_type: z.string(),
  received_at: z.string(),
});

/** Keeps a body once per digest. Throws when R2 does not answer or refuses. */
export async function quarantine(
  bucket: R2Bucket,
  { digest, bytes: _, ...facts }: Quarantined,
  body: Uint8Array,
): Promise<void> {
  const write = bucket.put(quarantineKey(digest), body, {
    onlyIf: CREATE_ONLY,
    sha256: digest,
    customMetadata: facts,
  });
  await timeout(write, WRITE_TIMEOUT_MS, `quarantining ${digest}`);
}

/** All that is in quarantine, by digest. */
export async function listQuarantine(bucket: R2Bucket): Promise<Quarantined[]> {
  const list: Quarantined[] = [];
  for await (const object of listObjects(bucket, QUARANTINE_PREFIX)) {
    const digest = object.key.slice(QUARANTINE_PREFIX.length);
    list.push({ digest, bytes: object.size, ...metadata.parse(object.customMetadata) });
  }
  return list;
}
