import { cleanText } from "../../transcript/segments/clean-text.ts";
import { sentenceSeparator } from "../../transcript/segments/join-words.ts";
import type { Segment } from "../../transcript/segments/segment.ts";
import type { Outcome } from "../outcome.ts";
import { sentenceChunks } from "./providers/sentence-chunks.ts";
import type { Translator } from "./providers/translator.ts";

/** Whether there is time to start another. */
type HasTime = () => boolean;

type Translated = {
  /** The first of those given: as many as have been translated. */
  segments: Segment[];
  /** Why the rest is missing; null when none is, or time ran out. */
  trouble: Extract<Outcome, { result: "retry" | "failed" }> | null;
};

/**
 * Translates segments, which keep their times; their words are not known any more. What has been
 * translated before trouble came, or before time ran out, is given.
 */
export async function translateSegments(
  segments: readonly Segment[],
  target: string,
  translator: Translator,
  hasTime: HasTime,
): Promise<Translated> {
  const requests = translationRequests(segments, target, translator.limits);
  const texts = new Map<number, string>();
  const upTo = (count: number) =>
    segments.slice(0, count).map((segment, index) => translated(segment, target, texts.get(index)));
  for (const { source, texts: sought, segments: indices } of requests) {
    // A segment may reach over several requests: it is whole once another one begins.
    const whole = indices[0] ?? 0;
    // Finish at least one: otherwise a long one would be started again and again.
    if (whole > 0 && !hasTime()) return { segments: upTo(whole), trouble: null };
    const outcome = await translator.translate(sought, { source, target });
    if (outcome.result !== "done") return { segments: upTo(whole), trouble: outcome };
    outcome.texts.forEach((text, position) => {
      const index = indices[position] ?? 0;
      const before = texts.get(index);
      texts.set(
        index,
        before === undefined ? text : before + sentenceSeparator(before, text) + text,
      );
    });
  }
  return { segments: upTo(segments.length), trouble: null };
}

/** What was not translated is in the target language already, or says nothing. */
function translated(segment: Segment, target: string, text: string | undefined): Segment {
  return text === undefined ? segment : { ...segment, language: target, text, words: [] };
}

/** Texts for one request to a translator, all from one language. */
type TranslationRequest = {
  source: string | null;
  texts: string[];
  /** Of each text the index of its segment. */
  segments: number[];
};

/**
 * The requests that translate segments, in their order. Long texts are parted at sentences; what is
 * in the target language, or says nothing, is not asked for.
 */
function translationRequests(
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

/** Whether two BCP 47 tags name one language in one script, whatever their regions. */
function isSameLanguage(one: string, other: string): boolean {
  const [first, second] = [likely(one), likely(other)];
  return first !== null && first === second;
}

/** Null for what is not a language tag. */
function likely(tag: string): string | null {
  try {
    const { language, script } = new Intl.Locale(tag).maximize();
    return `${language}-${script}`;
  } catch {
    return null;
  }
}
