import * as z from "zod";
import { type RequestId, requestId } from "../deepgram/request-id.ts";
import { parseJson } from "../lib/parse-json.ts";

const accepted = z.object({ request_id: requestId });

/** The id in Deepgram's answer to a submission with a callback; null when it has none. */
export const acceptedRequest = (answer: string): RequestId | null =>
  accepted.safeParse(parseJson(answer)).data?.request_id ?? null;
