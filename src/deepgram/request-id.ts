import * as z from "zod";

// Deepgram's ids are UUIDs of any version; the digits alone are checked, never the version.
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** A `request_id` of Deepgram's in lower case: the only form that becomes part of a storage key. */
export const requestId = z
  .string()
  .regex(UUID, { error: ({ input }) => notARequestId(input) })
  .toLowerCase()
  .brand<"RequestId">();

const MAX_SHOWN_CHARS = 64;

/** The error for a text that is not a `request_id`, without a full stop. */
export const notARequestId = (text: unknown): string =>
  `${JSON.stringify(String(text).slice(0, MAX_SHOWN_CHARS))} is not a request_id`;

export type RequestId = z.infer<typeof requestId>;

/** Null when `value` is not a UUID. */
export function parseRequestId(value: unknown): RequestId | null {
  const parsed = requestId.safeParse(value);
  return parsed.success ? parsed.data : null;
}
