import * as z from "zod";
import { deeplSource, deeplTarget, parseLanguageTag } from "./provider-codes.ts";
import { askTranslator, checkedTranslator, type Reading, type Translator } from "./translator.ts";

const ANSWER_TIMEOUT_MS = 60_000;
const MAX_ANSWER_BYTES = 2_097_152;

/** A request has at most 128 KiB: three bytes for each UTF-16 unit, and room for the rest. */
const LIMITS = { maxTexts: 50, maxChars: 40_000 };

const translations = z.object({ translations: z.array(z.object({ text: z.string() })) });
const refusal = z.object({ message: z.string(), detail: z.string().optional() });

const READING: Reading = {
  texts: (json) => translations.safeParse(json).data?.translations.map(({ text }) => text) ?? null,
  message: (json) => {
    const { message, detail } = refusal.safeParse(json).data ?? {};
    return message === undefined ? null : [message, detail ?? ""].join(" ").trim();
  },
};

/**
 * Translates with DeepL. `url` without a path: `https://api.deepl.com`, or `https://api-free.deepl.com`
 * with a free key. 456 says that the quota is used up.
 * https://developers.deepl.com/api-reference/translate
 */
export function deepl({ url, apiKey }: { url: string; apiKey: string }): Translator {
  return checkedTranslator("DeepL", LIMITS, async (text, languages) => {
    const target = parseLanguageTag(languages.target);
    if (target === null) {
      return { result: "failed", error: `DeepL has no language ${languages.target}` };
    }
    const source = languages.source === null ? null : parseLanguageTag(languages.source);
    const body = {
      text,
      target_lang: deeplTarget(target),
      ...(source !== null && { source_lang: deeplSource(source) }),
    };
    const request = {
      headers: { authorization: `DeepL-Auth-Key ${apiKey}`, "content-type": "application/json" },
      body: JSON.stringify(body),
      timeoutMs: ANSWER_TIMEOUT_MS,
      maxAnswerBytes: MAX_ANSWER_BYTES,
      secrets: [apiKey],
    };
    return askTranslator("DeepL", `${url.replace(/\/+$/, "")}/v2/translate`, request, READING);
  });
}
