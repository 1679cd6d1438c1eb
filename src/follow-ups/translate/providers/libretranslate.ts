import * as z from "zod";
import { libreTranslateCode, parseLanguageTag } from "./provider-codes.ts";
import { askTranslator, checkedTranslator, type Reading, type Translator } from "./translator.ts";

const ANSWER_TIMEOUT_MS = 60_000;
const MAX_ANSWER_BYTES = 1_048_576;

/** What a server without a graphics card translates in good time. */
const LIMITS = { maxTexts: 20, maxChars: 4_000 };

const translated = z.object({ translatedText: z.array(z.string()) });
const refusal = z.object({ error: z.string() });

const READING: Reading = {
  texts: (json) => translated.safeParse(json).data?.translatedText ?? null,
  message: (json) => refusal.safeParse(json).data?.error ?? null,
};

/**
 * Translates with a LibreTranslate server. `url` without `/translate`; `apiKey` may be empty. The
 * server finds out a source language that is not known.
 * https://docs.libretranslate.com/api/operations/translate/
 */
export function libreTranslate({ url, apiKey }: { url: string; apiKey: string }): Translator {
  return checkedTranslator("LibreTranslate", LIMITS, async (q, languages) => {
    const target = parseLanguageTag(languages.target);
    if (target === null) {
      return { result: "failed", error: `LibreTranslate has no language ${languages.target}` };
    }
    const source = languages.source === null ? null : parseLanguageTag(languages.source);
    const body = {
      q,
      source: source === null ? "auto" : libreTranslateCode(source),
      target: libreTranslateCode(target),
      format: "text",
      ...(apiKey !== "" && { api_key: apiKey }),
    };
    const request = {
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      timeoutMs: ANSWER_TIMEOUT_MS,
      maxAnswerBytes: MAX_ANSWER_BYTES,
      secrets: [apiKey],
    };
    const endpoint = `${url.replace(/\/+$/, "")}/translate`;
    return askTranslator("LibreTranslate", endpoint, request, READING);
  });
}
