import type { Config } from "../config/config.ts";
import type { Facts } from "../deepgram/callback.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { parseJson, readLimited } from "../lib/bytes.ts";
import type { Expectation } from "../store/expectations.ts";
import type { CallbackRecord } from "../store/record.ts";

/** One attempt at an effect. */
export type Attempt = {
  env: Env;
  config: Config;
  subject: Subject;
  /** Above 0 when a person has asked for it again. */
  generation: number;
  /** The same for all attempts until it is done, and no other: 64 hexadecimal digits. */
  key: string;
  /**
   * Awaited right before a provider is called. Throws `ClaimLost` when another attempt has the effect,
   * and another error when too little is left of the lease.
   */
  confirm: () => Promise<void>;
};

/**
 * Why an attempt did not succeed. `error` is our own words, and is logged; `detail` is what the provider
 * says, which may repeat what it was sent, and is never logged. Both are bounded and free of secrets.
 * `status` is that of its HTTP answer.
 */
export type Trouble = { error: string; detail?: string | undefined; status?: number | undefined };

/** How one attempt at an effect ended. */
export type Outcome =
  /** `messageId` is the provider's own id of the message, where it tells one. */
  | { result: "done"; messageId?: string | undefined; status?: number | undefined }
  /** A part is done; `progress` from 0 to 1 tells how much of the whole. */
  | { result: "more"; progress: number }
  /** `isUnknown`: it may have happened, and its key keeps it from happening twice, for a time. */
  | ({ result: "retry"; retryAfterSeconds?: number | undefined; isUnknown?: boolean } & Trouble)
  /** Trying again would not help. */
  | ({ result: "failed" } & Trouble)
  /** The transcript it was about has been replaced: it must not happen. */
  | { result: "cancelled"; error: string }
  /** It may or may not have happened, and trying again could make it happen twice. */
  | ({ result: "uncertain" } & Trouble);

/** Both parts of a trouble, as the status and a dead letter show them. */
export const troubleText = ({ error, detail }: Trouble): string =>
  detail === undefined ? error : `${error}: ${detail}`;

/** What an effect is about: a stored callback, or one that has not come. */
export type Subject =
  | { is: "stored"; requestId: RequestId; record: CallbackRecord; facts: Facts }
  | { is: "missing"; requestId: RequestId; expectation: Expectation };

/** Where people read a transcript. */
export const pageUrl = (publicUrl: string, id: RequestId) => `${publicUrl}/transcripts/${id}`;

export type ProviderRequest = {
  headers: Record<string, string>;
  body: string;
  /** For the whole answer. */
  timeoutMs: number;
  maxAnswerBytes: number;
  /** Never to be seen in an error. */
  secrets: readonly string[];
};

/** What a provider answered, or why nothing came: whether it has acted is then unknown. */
type ProviderAnswer =
  | {
      answered: true;
      status: number;
      /** Undefined when the body is not JSON, is too long or breaks off. */
      json: unknown;
      retryAfterSeconds: number | undefined;
    }
  | ({ answered: false } & Trouble);

/** POSTs to a provider's API. Never throws and follows no redirect. */
export async function callProvider(url: string, request: ProviderRequest): Promise<ProviderAnswer> {
  const { headers, body, timeoutMs, maxAnswerBytes, secrets } = request;
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "user-agent": "deepgram-edge-receiver", ...headers },
      body,
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutMs),
    });
    return {
      answered: true,
      status: response.status,
      json: parseJson((await readLimited(response.body, maxAnswerBytes).catch(() => null)) ?? ""),
      retryAfterSeconds: retryAfterSeconds(response.headers.get("retry-after"), Date.now()),
    };
  } catch (error) {
    const late = error instanceof Error && error.name === "TimeoutError";
    if (late) return { answered: false, error: `no answer within ${timeoutMs} ms` };
    const reason = error instanceof Error ? error.message : String(error);
    const detail = redactSecrets(reason, secrets);
    return { answered: false, error: "not reached, or the connection was lost", detail };
  }
}

// A message lives for four days at most: all its attempts must fit into them.
const MAX_WAIT_SECONDS = 3_600;

/** Reads `Retry-After` (RFC 9110, section 10.2.3): seconds or a date; undefined without one. */
export function retryAfterSeconds(value: string | null, now: number): number | undefined {
  if (value === null) return undefined;
  const isDate = /^[A-Z][a-z]{2}, .* GMT$/.test(value);
  const seconds = /^\d+$/.test(value)
    ? Number(value)
    : ((isDate ? Date.parse(value) : Number.NaN) - now) / 1_000;
  if (Number.isNaN(seconds)) return undefined;
  return Math.ceil(Math.min(Math.max(seconds, 0), MAX_WAIT_SECONDS));
}

const MAX_ERROR_CHARS = 300;

/**
 * Words of a provider made fit for status, log and dead letters: on one line, at most 300 characters,
 * each of `secrets` masked.
 */
export function redactSecrets(words: string, secrets: readonly string[] = []): string {
  let text = words;
  for (const secret of secrets) if (secret !== "") text = text.replaceAll(secret, "***");
  return text
    .toWellFormed()
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim()
    .slice(0, MAX_ERROR_CHARS)
    .toWellFormed();
}
