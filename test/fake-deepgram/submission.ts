import { type CallbackTarget, callbackTarget } from "./callback-url.ts";

/** What a query of `/v1/listen` asks for. */
export type Submission = {
  callback: CallbackTarget | null;
  method: "POST" | "PUT";
  extra: Record<string, string>;
  tags: string[];
  language: string;
  model: string;
  flags: Record<Flag, boolean>;
  /** Behaviours asked for with `fake=`, which Deepgram does not have. */
  fake: string;
};

const FLAGS = [
  "multichannel",
  "diarize",
  "utterances",
  "paragraphs",
  "punctuate",
  "smart_format",
  "detect_language",
] as const;

type Flag = (typeof FLAGS)[number];

const LONGEST_EXTRA_CHARS = 2048;
const LONGEST_TAG_CHARS = 128;

const extraOf = (pairs: string[]): Record<string, string> =>
  Object.fromEntries(
    pairs.map((pair) => {
      const colon = pair.indexOf(":");
      return colon < 0 ? [pair, ""] : [pair.slice(0, colon), pair.slice(colon + 1)];
    }),
  );

const tooLong = (query: URLSearchParams): string | null => {
  if (query.getAll("extra").some((pair) => pair.length > LONGEST_EXTRA_CHARS))
    return `extra is longer than ${LONGEST_EXTRA_CHARS} characters`;
  if (query.getAll("tag").some((tag) => tag.length > LONGEST_TAG_CHARS))
    return `tag is longer than ${LONGEST_TAG_CHARS} characters`;
  return null;
};

/** `diarize_model` replaced `diarize=true` in May 2026; both still ask for speakers. */
const isOn = (query: URLSearchParams, flag: Flag): boolean =>
  query.get(flag) === "true" || (flag === "diarize" && query.has("diarize_model"));

/** Reads the query, or says in `refused` why Deepgram would answer 400. */
export const submissionOf = (
  query: URLSearchParams,
  anyLoopbackPort: boolean,
): Submission | { refused: string } => {
  const method = (query.get("callback_method") ?? "post").toUpperCase();
  if (method !== "POST" && method !== "PUT")
    return { refused: "callback_method must be post or put" };
  const long = tooLong(query);
  if (long !== null) return { refused: long };
  const address = query.get("callback");
  const callback = address === null ? null : callbackTarget(address, anyLoopbackPort);
  if (callback !== null && "refused" in callback) return callback;
  const flags = Object.fromEntries(FLAGS.map((flag) => [flag, isOn(query, flag)]));
  return {
    callback,
    method,
    extra: extraOf(query.getAll("extra")),
    tags: query.getAll("tag"),
    language: query.get("language") ?? "en",
    model: query.get("model") ?? "nova-3",
    flags: flags as Submission["flags"],
    fake: query.getAll("fake").join(","),
  };
};
