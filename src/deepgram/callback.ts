import * as z from "zod";
import { fail, ok, type Result } from "../lib/result.ts";
import { parseRequestId, type RequestId } from "./request-id.ts";

/** What a callback tells besides the speech itself; absent facts are null or empty. */
export type Facts = {
  /** SHA-256 of the audio as Deepgram had it. */
  audio_sha256: string | null;
  /** Seconds of audio. */
  duration: number | null;
  channels: number | null;
  /** Names such as `general-nova-3`; the model's id where `model_info` does not name it. */
  models: string[];
  languages: string[];
  tags: string[];
  /** `metadata.extra` without `callback_secret`. */
  extra: Record<string, unknown>;
  warnings: unknown[];
  error: DeepgramError | null;
};

export const NO_FACTS: Facts = {
  audio_sha256: null,
  duration: null,
  channels: null,
  models: [],
  languages: [],
  tags: [],
  extra: {},
  warnings: [],
  error: null,
};

/** The kinds of result: of `/v1/listen`, and of `/v1/read` (text intelligence), which has no speech. */
export const KINDS = ["transcript", "text"] as const;

export type Kind = (typeof KINDS)[number];

export type Callback = {
  requestId: RequestId;
  state: "received" | "failed";
  /** Of the result; of a failure it says nothing. */
  kind: Kind;
  facts: Facts;
};

// Deepgram adds fields without notice and leaves documented ones out: a field of an unexpected type
// is read as absent, and nothing is refused for it.
const text = z.string().optional().catch(undefined);
const number = z.number().optional().catch(undefined);
const count = z.int().nonnegative().optional().catch(undefined);
const record = z.record(z.string(), z.unknown()).catch({});
const texts = z
  .array(z.unknown())
  .catch([])
  .transform((list) => list.filter((item) => typeof item === "string"));

const metadata = z
  .object({
    request_id: z.unknown().optional(),
    sha256: text,
    language: text,
    duration: number,
    channels: count,
    models: texts,
    model_info: record,
    tags: texts,
    extra: record,
    warnings: z.array(z.unknown()).catch([]),
  })
  .optional()
  .catch(undefined);

const alternative = z.object({ languages: texts }).catch({ languages: [] });
const channel = z
  .object({ detected_language: text, alternatives: z.array(alternative).catch([]) })
  .catch({ detected_language: undefined, alternatives: [] });

/** Of these only the presence counts here. */
const finding = z.record(z.string(), z.unknown()).optional().catch(undefined);

const results = z
  .object({
    channels: z.array(channel).optional().catch(undefined),
    utterances: z.array(z.unknown()).optional().catch(undefined),
    summary: finding,
    topics: finding,
    intents: finding,
    sentiments: finding,
  })
  .optional()
  .catch(undefined);

const callbackBody = z.object({
  metadata,
  results,
  request_id: z.unknown().optional(),
});

type Body = z.infer<typeof callbackBody>;

const named = z.object({ name: z.string() });

const STREAM_MESSAGES = ["Results", "Metadata", "UtteranceEnd", "SpeechStarted"] as const;

/**
 * Which request a parsed callback body is for, and what it says of it. Finished transcripts have the
 * id in `metadata.request_id`; error bodies and the terminal streaming message at the top level.
 */
export function identify(json: unknown): Result<Callback, "not-an-object" | "no-request-id"> {
  const parsed = callbackBody.safeParse(json);
  if (!parsed.success) return fail("not-an-object");
  const body = parsed.data;
  const requestId = parseRequestId(body.metadata?.request_id ?? body.request_id);
  if (requestId === null) return fail("no-request-id");
  const finished = body.results !== undefined || isStreamMessage(json);
  return ok({
    requestId,
    state: finished ? "received" : "failed",
    kind: kindOf(body),
    facts: factsOf(json, body, finished),
  });
}

/** The `type` of a parsed body; undefined without one. No schema: every callback is asked for it. */
const typeOf = (json: unknown): string | undefined =>
  isObject(json) && typeof json.type === "string" ? json.type : undefined;

const isObject = (json: unknown): json is { type?: unknown; results?: unknown } =>
  typeof json === "object" && json !== null;

/** Whether a parsed body is a message of streaming audio. */
export const isStreamMessage = (json: unknown): boolean =>
  STREAM_MESSAGES.some((type) => type === typeOf(json));

/**
 * Whether a parsed body is a message of a type that is not known, such as Flux's `TurnInfo`. An error is
 * none, whatever its type.
 */
export function isUnknownMessage(json: unknown): boolean {
  const type = typeOf(json);
  const hasResults = isObject(json) && json.results !== undefined;
  if (type === undefined || hasResults || isStreamMessage(json) || /error/i.test(type))
    return false;
  // It has a code and a description as an error has, and ends nothing.
  if (/^warning$/i.test(type)) return true;
  const { code, message } = deepgramError(json);
  return code === null && message === null;
}

/** A callback whose body tells no id, and no transcript: a failure. `error` is a JSON value or a text. */
export function failedCallback(requestId: RequestId, error: unknown): Callback {
  const reported = error === "" ? "The callback was empty." : error;
  const facts = { ...NO_FACTS, error: deepgramError(reported) };
  return { requestId, state: "failed", kind: "transcript", facts };
}

const withSecret = z.object({
  metadata: z.object({ extra: z.object({ callback_secret: z.string() }) }),
});

/** `metadata.extra.callback_secret` of a parsed callback body, if it has one. */
export function callbackSecret(json: unknown): string | undefined {
  return withSecret.safeParse(json).data?.metadata.extra.callback_secret;
}

function factsOf(json: unknown, body: Body, finished: boolean): Facts {
  // The terminal streaming message carries the fields of `metadata` at the top level.
  const facts = body.metadata ?? metadata.parse(json);
  const { callback_secret: _, ...extra } = facts?.extra ?? {};
  return {
    audio_sha256: /^[0-9a-f]{64}$/.test(facts?.sha256 ?? "") ? (facts?.sha256 ?? null) : null,
    duration: facts?.duration ?? null,
    channels: facts?.channels ?? null,
    models: modelNames(facts?.models ?? [], facts?.model_info ?? {}),
    languages: languagesOf(body),
    tags: facts?.tags ?? [],
    extra,
    warnings: facts?.warnings ?? [],
    error: finished ? null : deepgramError(json),
  };
}

/** Text intelligence has findings, and neither channels nor utterances. */
function kindOf({ results }: Body): Kind {
  const { channels, utterances, ...findings } = results ?? {};
  const isSpeech = channels !== undefined || utterances !== undefined;
  const hasFindings = Object.values(findings).some((found) => found !== undefined);
  return hasFindings && !isSpeech ? "text" : "transcript";
}

// Streaming messages have the one model flat in `model_info`; transcripts have one entry a model.
function modelNames(ids: string[], info: Record<string, unknown>): string[] {
  if (typeof info.name === "string") return [info.name];
  const all = ids.length > 0 ? ids : Object.keys(info);
  return [...new Set(all.map((id) => named.safeParse(info[id]).data?.name ?? id))];
}

function languagesOf(body: Body): string[] {
  const languages = new Set<string>();
  // Of a transcript the channels tell it.
  if (kindOf(body) === "text" && body.metadata?.language) languages.add(body.metadata.language);
  for (const channel of body.results?.channels ?? []) {
    if (channel.detected_language) languages.add(channel.detected_language);
    for (const language of channel.alternatives[0]?.languages ?? []) languages.add(language);
  }
  return [...languages];
}

const nullableText = z.string().nullable();

/** Deepgram's error in one form, whichever field names it came with. */
export const deepgramErrorShape = z.object({
  code: nullableText,
  message: nullableText,
  details: nullableText,
});

export type DeepgramError = z.infer<typeof deepgramErrorShape>;

const MAX_TEXT_CHARS = 500;
const MASK = "***";

const CODE_FIELDS = ["err_code", "error_code", "category", "code", "variant"];
const MESSAGE_FIELDS = ["err_msg", "error_message", "error_msg", "message", "description", "error"];
const DETAILS_FIELDS = ["details", "detail", "reason"];

const anyRecord = z.record(z.string(), z.unknown());

/**
 * Reads the spellings of Deepgram's error bodies: `{err_code, err_msg}`, `{category, message,
 * details}`, `{error_code, …}` and the like, also inside an `error` object; of an unknown one the
 * whole is in `details`, as a plain text is. Texts are cut to 500 characters, credentials in them masked.
 */
export function deepgramError(json: unknown): DeepgramError {
  if (isText(json)) return { code: null, message: null, details: shown(json) };
  const outer = anyRecord.safeParse(json).data ?? {};
  const fields = anyRecord.safeParse(outer.error).data ?? outer;
  const isTold = [...CODE_FIELDS, ...MESSAGE_FIELDS].some((name) => isText(fields[name]));
  return {
    code: firstText(fields, CODE_FIELDS),
    message: firstText(fields, MESSAGE_FIELDS),
    details: firstText(fields, DETAILS_FIELDS) ?? (isTold ? null : shown(fields)),
  };
}

function firstText(fields: Record<string, unknown>, names: string[]): string | null {
  for (const name of names) {
    const value = fields[name];
    if (isText(value)) return shown(value);
    if (name === "details" && value !== undefined && value !== null) return shown(value);
  }
  return null;
}

const isText = (value: unknown) => typeof value === "string" || typeof value === "number";

function shown(value: unknown): string {
  const text = isText(value) ? String(value) : JSON.stringify(value, secretMasked);
  return withoutCredentials(text, MAX_TEXT_CHARS);
}

const secretMasked = (name: string, value: unknown) => (name === "callback_secret" ? MASK : value);

/**
 * The start of a text, without the credentials in it: an error may quote the request that failed, with
 * its callback URL and its `extra`, in the spelling of a URL or of JSON.
 */
export function withoutCredentials(text: string, maxChars: number): string {
  // Masked texts are shorter. A credential that the cut goes through ends there.
  const start = text.length > 4 * maxChars ? text.slice(0, 4 * maxChars) : `${text}\n`;
  return start
    .replace(/(callback_secret\\*"?\s*(?::|=|%3A)\s*\\*"?)[^\s"\\&]+/gi, `$1${MASK}`)
    .replace(/((?::\/\/|%3A%2F%2F))[^\s"@/]+?(@|%40|$)/gi, `$1${MASK}$2`)
    .replace(/\n$/, "")
    .slice(0, maxChars);
}
