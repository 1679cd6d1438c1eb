import type { RequestId } from "../deepgram/request-id.ts";
import { updateNames } from "../store/names.ts";
import type { Names } from "../transcript/formats/voice-names.ts";
import { labelText } from "./label-text.ts";

const MAX_NAME_CHARS = 80;
const MAX_NAMES = 500;
const KEY = /^\d{1,6}:\d{0,6}$/;

/**
 * Names speakers, the others keeping theirs; an empty name takes it away. Names are cut to 80
 * characters. Throws when R2 does not answer, or others keep changing names at the same time.
 */
export async function writeNames(bucket: R2Bucket, id: RequestId, changes: Names): Promise<void> {
  await updateNames(bucket, id, (names) => {
    for (const [key, name] of changes) {
      const shown = labelText([...name].slice(0, MAX_NAME_CHARS).join(""));
      if (shown === "" || !KEY.test(key)) names.delete(key);
      else if (names.has(key) || names.size < MAX_NAMES) names.set(key, shown);
    }
  });
}
