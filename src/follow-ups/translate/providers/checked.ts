import { cleanText } from "../../../transcript/segments/clean-text.ts";
import type { Languages, TranslateOutcome, Translator } from "./translator.ts";

/** Asks a provider once for texts of which each has something to translate. */
export type Ask = (texts: string[], languages: Languages) => Promise<TranslateOutcome>;

/**
 * A translator whose provider is asked only for clean texts within its limits, and whose answer has a
 * text for each of them. An answer of another length is a passing fault.
 */
export function checkedTranslator(
  name: string,
  limits: Translator["limits"],
  ask: Ask,
): Translator {
  const translate: Translator["translate"] = async (texts, languages) => {
    const clean = texts.map(cleanText);
    const sent = clean.filter((text) => text !== "");
    const chars = sent.reduce((sum, { length }) => sum + length, 0);
    if (sent.length > limits.maxTexts || chars > limits.maxChars) {
      const size = `${sent.length} texts of ${chars} characters`;
      return { result: "failed", error: `${name} is not given ${size} at once` };
    }
    if (sent.length === 0) return { result: "done", texts: clean };
    const outcome = await ask(sent, languages);
    if (outcome.result !== "done") return outcome;
    if (outcome.texts.length !== sent.length) {
      const counts = `${outcome.texts.length} texts to ${sent.length}`;
      return { result: "retry", error: `${name} answered ${counts}` };
    }
    const translated = outcome.texts.values();
    return {
      result: "done",
      texts: clean.map((text) => (text === "" ? "" : (translated.next().value ?? ""))),
    };
  };
  return { name, limits, translate };
}
