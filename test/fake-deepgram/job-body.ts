import type { Language } from "../support/bodies/conversations.ts";
import { errorBody } from "../support/bodies/errors.ts";
import type { ListenOptions } from "../support/bodies/options.ts";
import { type SizedBody, sizedBody } from "../support/bodies/sized.ts";
import { bytesOf, listenBody } from "../support/bodies.ts";
import type { Faults } from "./faults.ts";
import type { Submission } from "./submission.ts";

/** What is known of a job when its body is made. */
export type BodyFacts = { requestId: string; seed: number; created: string; sha256: string };

const CHANNELS = 2;
const LANGUAGES: readonly Language[] = ["en", "es", "ja", "zh", "ar", "multi"];

const languageOf = (tag: string): Language =>
  LANGUAGES.find((language) => language === tag.split("-")[0]?.toLowerCase()) ?? "en";

const listenOptions = (wish: Submission, faults: Faults, facts: BodyFacts): ListenOptions => ({
  ...facts,
  language: languageOf(wish.language),
  model: wish.model,
  channels: wish.flags.multichannel ? (faults.channels ?? CHANNELS) : 1,
  diarize: wish.flags.diarize,
  utterances: wish.flags.utterances,
  paragraphs: wish.flags.paragraphs,
  punctuate: wish.flags.punctuate,
  smartFormat: wish.flags.smart_format,
  detectLanguage: wish.flags.detect_language,
  ...(Object.keys(wish.extra).length > 0 && { extra: wish.extra }),
  ...(wish.tags.length > 0 && { tags: wish.tags }),
});

const inOneChunk = (bytes: Uint8Array): SizedBody => ({
  byteLength: bytes.byteLength,
  chunks: function* () {
    if (bytes.byteLength > 0) yield bytes;
  },
});

/** The body of a job's callback: a transcript, or an error when the faults say so. */
export const jobBody = (wish: Submission, faults: Faults, facts: BodyFacts): SizedBody => {
  if (faults.error !== null)
    return inOneChunk(new TextEncoder().encode(errorBody(faults.error, facts.requestId)));
  const options = listenOptions(wish, faults, facts);
  if (faults.bytes !== null)
    return sizedBody({ ...options, bytes: faults.bytes, metadataLast: faults.metadataLast });
  const words = faults.words === null ? {} : { words: faults.words };
  return inOneChunk(bytesOf(listenBody({ ...options, ...words, silence: faults.silence })));
};
