import { parseJson } from "../lib/parse-json.ts";
import { retryAfterSeconds } from "./notify/retry-after.ts";
import { sayable } from "./sayable.ts";

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
      retryAfterSeconds: number | null;
    }
  | { answered: false; error: string };

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
      json: parseJson(await shortText(response, maxAnswerBytes)),
      retryAfterSeconds: retryAfterSeconds(response.headers.get("retry-after"), Date.now()),
    };
  } catch (error) {
    const late = error instanceof Error && error.name === "TimeoutError";
    const reason = error instanceof Error ? error.message : String(error);
    return {
      answered: false,
      error: late
        ? `no answer within ${timeoutMs} ms`
        : sayable(`not reached, or the connection was lost: ${reason}`, secrets),
    };
  }
}

/** The body, or nothing of it when it is longer than `maxBytes` or does not come whole. */
async function shortText(response: Response, maxBytes: number): Promise<string> {
  if (response.body === null) return "";
  const decoder = new TextDecoder();
  let [text, bytes] = ["", 0];
  try {
    for await (const chunk of response.body) {
      bytes += chunk.byteLength;
      // Leaving the loop cancels the rest.
      if (bytes > maxBytes) return "";
      text += decoder.decode(chunk, { stream: true });
    }
  } catch {
    return "";
  }
  return text + decoder.decode();
}
