import { parseJson } from "../lib/bytes.ts";
import { OUTBOX_PREFIX, outboxKey } from "./keys.ts";

/** A message that the queue refused; `dueAt` in ISO 8601, UTC. */
export type OutboxMarker = { key: string; message: unknown; dueAt: string | undefined };

/** Keeps a message for the sweeper. Throws when R2 refuses. */
export async function putMarker(bucket: R2Bucket, message: object, dueAt: string): Promise<void> {
  await bucket.put(outboxKey(crypto.randomUUID()), "", {
    customMetadata: { message: JSON.stringify(message), due_at: dueAt },
  });
}

/** The first markers; `message` is null where it cannot be read. */
export async function listMarkers(
  bucket: R2Bucket,
  limit: number,
): Promise<{ markers: OutboxMarker[]; truncated: boolean }> {
  const { objects, truncated } = await bucket.list({
    prefix: OUTBOX_PREFIX,
    limit,
    include: ["customMetadata"],
  });
  const markers = objects.map(({ key, customMetadata }) => ({
    key,
    message: parseJson(customMetadata?.message ?? "") ?? null,
    dueAt: customMetadata?.due_at,
  }));
  return { markers, truncated };
}

/** Removes markers whose messages the queue has taken. */
export async function deleteMarkers(bucket: R2Bucket, markers: OutboxMarker[]): Promise<void> {
  await bucket.delete(markers.map(({ key }) => key));
}

/** How many messages the outbox holds, up to 1,000, and for how long the oldest has waited. */
export async function measureOutbox(
  bucket: R2Bucket,
  now: number,
): Promise<{ messages: number; oldest_seconds: number }> {
  const { objects } = await bucket.list({ prefix: OUTBOX_PREFIX });
  const oldest = Math.min(now, ...objects.map(({ uploaded }) => uploaded.getTime()));
  return { messages: objects.length, oldest_seconds: Math.round((now - oldest) / 1_000) };
}
