import * as z from "zod";

// Deepgram's ids are UUIDs of any version; the digits alone are checked, never the version.
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** A `request_id` of Deepgram's in lower case: the only form that becomes part of a storage key. */
export const requestId = z.string().regex(UUID).toLowerCase().brand<"RequestId">();

export type RequestId = z.infer<typeof requestId>;

/** Null when `value` is not a UUID. */
export function parseRequestId(value: unknown): RequestId | null {
  const parsed = requestId.safeParse(value);
  return parsed.success ? parsed.data : null;
}
