import type { RequestId } from "../deepgram/request-id.ts";
import { namesKey } from "../store/keys.ts";
import { keptNames } from "../store/names.ts";
import type { Names } from "../transcript/formats/voice-names.ts";
import { labelText } from "./label-text.ts";

const MAX_NAME_CHARS = 80;
const MAX_NAMES = 500;
const KEY = /^\d{1,6}:\d{0,6}$/;
const TRIES = 3;

/**
 * Names voices, the others keeping theirs; an empty name takes it away. Names are cut to 80
 * characters. Throws when R2 does not answer, or others go on naming at the same time.
 */
export async function writeNames(bucket: R2Bucket, id: RequestId, changes: Names): Promise<void> {
  for (let tries = 0; tries < TRIES; tries++) {
    const object = await bucket.get(namesKey(id));
    const json = object === null ? {} : await object.json();
    const names = new Map(Object.entries(keptNames.parse(json)));
    for (const [key, name] of changes) {
      const shown = labelText([...name].slice(0, MAX_NAME_CHARS).join(""));
      if (shown === "" || !KEY.test(key)) names.delete(key);
      else if (names.has(key) || names.size < MAX_NAMES) names.set(key, shown);
    }
    const written = await bucket.put(namesKey(id), JSON.stringify(Object.fromEntries(names)), {
      onlyIf: object === null ? { etagDoesNotMatch: "*" } : { etagMatches: object.etag },
      httpMetadata: { contentType: "application/json" },
    });
    if (written !== null) return;
  }
  throw new Error("the names are being written by others");
}
