import { parseJson, readLimited } from "../lib/bytes.ts";
import type { Trouble } from "./attempt.ts";

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
export type ProviderAnswer =
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
