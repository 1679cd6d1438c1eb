import type { RequestId } from "../deepgram/request-id.ts";
import { storageUnavailable } from "../http/storage-unavailable.ts";
import { hex, sha256 } from "../lib/digest.ts";
import { readNames } from "../store/names.ts";
import type { View } from "./rendered.ts";

const TAG_CHARS = 16;

/**
 * With `names=true` a view that gives speakers the names people gave them, and what that adds to the
 * entity tag.
 */
export async function withSpeakerNames(
  bucket: R2Bucket,
  id: RequestId,
  view: View,
  asked: "true" | "false" | undefined,
): Promise<{ view: View; tag: string }> {
  if (asked !== "true") return { view, tag: "" };
  const names = await readNames(bucket, id).catch(storageUnavailable);
  const digest = hex(await sha256(JSON.stringify([...names])));
  const captions = { ...view.captions, names };
  return { view: { ...view, captions }, tag: `.${digest.slice(0, TAG_CHARS)}` };
}
