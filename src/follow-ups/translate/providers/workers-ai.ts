import * as z from "zod";
import { sentenceSeparator } from "../../../transcript/segments/join-words.ts";
import { checkedTranslator } from "./checked.ts";
import { languageModel } from "./language-model.ts";
import { parseLanguageTag } from "./language-tag.ts";
import { m2m100Code } from "./provider-codes.ts";
import { type AiBinding, modelRunner, type RunModel } from "./run-model.ts";
import { sentenceChunks } from "./sentence-chunks.ts";
import type { TranslateOutcome, Translator } from "./translator.ts";

export const M2M100_MODEL = "@cf/meta/m2m100-1.2b";

/** Translates with Workers AI: with m2m100, or with any text generation model that has JSON mode. */
export function workersAi(binding: AiBinding, model: string = M2M100_MODEL): Translator {
  const run = modelRunner(binding, model);
  return model === M2M100_MODEL ? m2m100(run) : languageModel(run);
}

const LIMITS = { maxTexts: 20, maxChars: 8_000 };

/** The model was made for sentences; of long texts it leaves out the end. */
const MAX_CHUNK_CHARS = 400;
/** What Deepgram transcribes, and what the model takes, when no language is named. */
const DEFAULT_SOURCE = "en";

const translated = z.object({ translated_text: z.string() });

/** Translates with m2m100, a few sentences a call. A source language that is not known is English. */
function m2m100(run: RunModel): Translator {
  return checkedTranslator("m2m100", LIMITS, async (texts, languages) => {
    const [source_lang, target_lang] = [languages.source ?? DEFAULT_SOURCE, languages.target].map(
      codeOf,
    );
    if (source_lang == null || target_lang == null) {
      const missing = source_lang == null ? languages.source : languages.target;
      return { result: "failed", error: `m2m100 has no language ${missing}` };
    }
    const chunks = texts.map((text) => sentenceChunks(text, MAX_CHUNK_CHARS));
    const outcome = await eachOnce(run, chunks.flat(), { source_lang, target_lang });
    if (outcome.result !== "done") return outcome;
    const answers = outcome.texts.values();
    return {
      result: "done",
      texts: chunks.map((parts) => joined(parts.map(() => answers.next().value ?? ""))),
    };
  });
}

const joined = (parts: string[]): string =>
  parts.reduce((text, part) => text + sentenceSeparator(text, part) + part);

const codeOf = (tag: string): string | null => {
  const parsed = parseLanguageTag(tag);
  return parsed === null ? null : m2m100Code(parsed);
};

async function eachOnce(
  run: RunModel,
  texts: string[],
  languages: { source_lang: string; target_lang: string },
): Promise<TranslateOutcome> {
  const done: string[] = [];
  // One at a time: an invocation has six connections, which other effects of its batch use too.
  for (const text of texts) {
    const answer = await run({ text, ...languages });
    if (answer.result !== "done") return answer;
    const parsed = translated.safeParse(answer.output);
    if (!parsed.success) return { result: "retry", error: "m2m100 answered without a translation" };
    done.push(parsed.data.translated_text);
  }
  return { result: "done", texts: done };
}
