import { knownCredentials, withoutKnownCredentials } from "../auth/known-credentials.ts";
import type { Config } from "../config/config.ts";
import { createBodyReader } from "../deepgram/body-reader.ts";
import { isStreamMessage } from "../deepgram/callback.ts";

/**
 * A message as it came over a WebSocket, every `callback_secret` in it masked; of one that is not about
 * the speech also the credentials of the receiver and of its job.
 */
export async function masked(
  data: string | ArrayBuffer,
  config: Config,
  job: string | null,
): Promise<string> {
  const bytes = typeof data === "string" ? new TextEncoder().encode(data) : new Uint8Array(data);
  const reader = createBodyReader();
  reader.push(bytes);
  const { isJson, json } = reader.end();
  const isAboutSpeech = isJson && isStreamMessage(json);
  return new TextDecoder().decode(
    isAboutSpeech ? bytes : withoutKnownCredentials(bytes, await knownCredentials(config, job)),
  );
}
