import { callProvider, type ProviderRequest, redactSecrets } from "../../provider-call.ts";
import type { TranslateOutcome } from "./translator.ts";

/** What the answers of one provider mean. Both give null for JSON of another form. */
export type Reading = {
  texts: (json: unknown) => string[] | null;
  message: (json: unknown) => string | null;
};

/**
 * Makes one request for a translation. 429, 5xx and no answer will pass: what was asked for can be
 * asked again, at the price of translating it again. Other statuses than 2xx stay.
 */
export async function askTranslator(
  name: string,
  url: string,
  request: ProviderRequest,
  reading: Reading,
): Promise<TranslateOutcome> {
  const answer = await callProvider(url, request);
  if (!answer.answered) {
    return { result: "retry", error: `${name}, ${answer.error}`, detail: answer.detail };
  }
  const { status, json, retryAfterSeconds } = answer;
  if (status >= 200 && status < 300) {
    const texts = reading.texts(json);
    if (texts !== null) return { result: "done", texts };
    return { result: "retry", error: `${name} answered ${status} without translations`, status };
  }
  const message = reading.message(json);
  const trouble = {
    error: `${name} answered ${status}`,
    detail: message === null ? undefined : redactSecrets(message, request.secrets),
    status,
  };
  if (status !== 429 && status < 500) return { result: "failed", ...trouble };
  return { result: "retry", ...trouble, retryAfterSeconds };
}
