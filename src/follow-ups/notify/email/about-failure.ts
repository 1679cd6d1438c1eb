import type { DeepgramError } from "../../../deepgram/callback.ts";

type Explanation = { what: string; advice: string };

/** Matched against code, message and details, in this order. */
const KNOWN: [RegExp, Explanation][] = [
  [
    /REMOTE_CONTENT|could not (?:be )?(?:fetch|download|retriev)|failed to (?:fetch|download|retriev)/i,
    {
      what: "Deepgram could not fetch the recording from the address it was given.",
      advice: "Check that the address is public and still valid, then submit the recording again.",
    },
  ],
  [
    /PAYLOAD_TOO_LARGE|too large|exceeds? .*(?:size|limit)/i,
    {
      what: "The recording is larger than Deepgram takes.",
      advice: "Split it or compress it, for example to Opus or MP3, and submit it again.",
    },
  ],
  [
    /PAYMENT|insufficient (?:credit|funds)|out of credit/i,
    {
      what: "The Deepgram account has no credit left.",
      advice: "Add credit to the account, then submit the recording again.",
    },
  ],
  [
    /INVALID_AUTH|INSUFFICIENT_PERMISSIONS|FORBIDDEN|unauthori[sz]ed|permission/i,
    {
      what: "Deepgram did not accept the credentials of the request, or they do not allow it.",
      advice: "Check the API key and its permissions, then submit the recording again.",
    },
  ],
  [
    /INVALID_AUDIO|corrupt|unsupported|could be decoded|decod(?:e|ing)|container|codec|no audio/i,
    {
      what: "Deepgram could not read the audio: the file is damaged, cut off, or in a format it does not know.",
      advice: "Play the file to check it, save it as WAV, FLAC or MP3, and submit it again.",
    },
  ],
  [
    /TOO_MANY_REQUESTS|RATE.?LIMIT|TIMEOUT|timed out|INTERNAL|UNAVAILABLE|overloaded|\b5\d\d\b/i,
    {
      what: "Deepgram was too busy or had a fault of its own.",
      advice: "Submit the recording again; nothing is wrong with it.",
    },
  ],
];

const UNKNOWN: Explanation = {
  what: "Deepgram could not transcribe this recording.",
  advice: "Submit it again. If it fails again, give Deepgram's support the request id below.",
};

/** Why a transcription failed and what to do, in plain words, and what Deepgram said itself. */
export function aboutFailure(error: DeepgramError | null): Explanation & { quoted: string | null } {
  const said = [error?.message, error?.details].filter((words) => words != null);
  const all = [error?.code, ...said].filter((words) => words != null).join("\n");
  const known = KNOWN.find(([pattern]) => pattern.test(all))?.[1] ?? UNKNOWN;
  const code = error?.code == null ? "" : `(${error.code})`;
  return { ...known, quoted: [...said, code].filter((words) => words !== "").join(" ") || null };
}
