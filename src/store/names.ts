import * as z from "zod";
import type { RequestId } from "../deepgram/request-id.ts";
import type { Names } from "../transcript/formats/voice-names.ts";
import { CREATE_ONLY } from "./create-only.ts";
import { namesKey } from "./keys.ts";

const TRIES = 3;

const keptNames = z.record(z.string(), z.string());

/** The names of the speakers of a transcript. Throws when R2 does not answer. */
export async function readNames(bucket: R2Bucket, id: RequestId): Promise<Names> {
  const object = await bucket.get(namesKey(id));
  return new Map(object === null ? [] : Object.entries(keptNames.parse(await object.json())));
}

/**
 * Changes the names of the speakers of a transcript. `change` may be asked again when others write at
 * the same time. Throws when R2 does not answer, or others keep writing.
 */
export async function updateNames(
  bucket: R2Bucket,
  id: RequestId,
  change: (names: Map<string, string>) => void,
): Promise<void> {
  for (let tries = 0; tries < TRIES; tries++) {
    const object = await bucket.get(namesKey(id));
    const json = object === null ? {} : await object.json();
    const names = new Map(Object.entries(keptNames.parse(json)));
    change(names);
    const written = await bucket.put(namesKey(id), JSON.stringify(Object.fromEntries(names)), {
      onlyIf: object === null ? CREATE_ONLY : { etagMatches: object.etag },
      httpMetadata: { contentType: "application/json" },
    });
    if (written !== null) return;
  }
  throw new Error("the names are being written by others");
}
