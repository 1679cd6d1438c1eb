import { cleanText } from "../../transcript/segments/clean-text.ts";
import type { Segment } from "../../transcript/segments/segment.ts";
import { sentenceChunks } from "./providers/sentence-chunks.ts";
import type { Translator } from "./providers/translator.ts";
import { isSameLanguage } from "./same-language.ts";

/** Texts for one request to a translator, all from one language. */
export type TranslationRequest = {
  source: string | null;
  texts: string[];
  /** Of each text the index of its segment. */
  segments: number[];
};

/**
 * The requests that translate segments, in their order. Long texts are parted at sentences; what is
 * in the target language, or says nothing, is not asked for.
 */
export function translationRequests(
  segments: readonly Segment[],
  target: string,
  { maxTexts, maxChars }: Translator["limits"],
): TranslationRequest[] {
  const requests: TranslationRequest[] = [];
  let chars = 0;
  segments.forEach(({ language, text }, index) => {
    if (language !== null && isSameLanguage(language, target)) return;
    for (const chunk of sentenceChunks(cleanText(text), maxChars)) {
      const open = requests.at(-1);
      const fits =
        open !== undefined &&
        open.source === language &&
        open.texts.length < maxTexts &&
        chars + chunk.length <= maxChars;
      const request = fits ? open : { source: language, texts: [], segments: [] };
      if (!fits) {
        requests.push(request);
        chars = 0;
      }
      chars += chunk.length;
      request.texts.push(chunk);
      request.segments.push(index);
    }
  });
  return requests;
}
