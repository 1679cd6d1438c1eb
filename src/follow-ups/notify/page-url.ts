import type { RequestId } from "../../deepgram/request-id.ts";

/** Where people read a transcript. */
export const pageUrl = (publicUrl: string, id: RequestId) => `${publicUrl}/transcripts/${id}`;
