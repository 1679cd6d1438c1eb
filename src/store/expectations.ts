import * as z from "zod";
import type { RequestId } from "../deepgram/request-id.ts";
import { expectationKey } from "./keys.ts";

const metadata = z.object({
  state: z.enum(["expected", "live", "overdue"]),
  expected_at: z.iso.datetime(),
  deadline_at: z.iso.datetime().optional(),
});

/** A callback that is to come. What has come counts more: ask for the callback first. */
export type Expectation = {
  requestId: RequestId;
  state: "expected" | "live" | "overdue";
  /** ISO 8601, UTC. */
  expectedAt: string;
  /** When it is taken to be lost; ISO 8601, UTC, or null where nobody says. */
  deadlineAt: string | null;
};

/** What is expected under a `request_id`, or null. One R2 operation. */
export async function readExpectation(
  bucket: R2Bucket,
  requestId: RequestId,
): Promise<Expectation | null> {
  const object = await bucket.head(expectationKey(requestId));
  if (object === null) return null;
  const { state, expected_at, deadline_at } = metadata.parse(object.customMetadata);
  return { requestId, state, expectedAt: expected_at, deadlineAt: deadline_at ?? null };
}
