import { type Language, SCRIPTS } from "./conversations.ts";
import { pick, type Random } from "./random.ts";

/** A word as said and as written; `spoken` has neither capitals nor punctuation. */
export type Token = { spoken: string; written: string };

/** `language` is that of the line: where the conversation is `multi`, the one its speaker speaks. */
export type Line = { language: Language; tokens: Token[] };

const PUNCTUATION = /[.,?!¿¡。、，？！؟،]/gu;
const MARK_ALONE = /\s+(?=[。、，？！])/gu;

export const joinerOf = (language: Language): "" | " " => SCRIPTS[language].joiner;

const plain = (written: string): string => written.replace(PUNCTUATION, "").toLowerCase();

const tokensOf = (source: string, smartFormat: boolean): Token[] => {
  const [said, shown] = source.split("=");
  if (shown === undefined) return [{ spoken: plain(source), written: source }];
  const written = shown.replaceAll("_", " ");
  if (smartFormat) return [{ spoken: written.replace(/[.,?!]+$/u, "").toLowerCase(), written }];
  const stop = /[.,?!]+$/u.exec(written)?.[0] ?? "";
  const words = said!.split("_");
  return words.map((word, index) => ({
    spoken: plain(word),
    written: index === words.length - 1 ? word + stop : word,
  }));
};

const filled = (line: string, language: Language, random: Random): string =>
  line.replace(/\{(\w+)\}/g, (slot, name: string) => {
    const choices = SCRIPTS[language].slots[name];
    return choices === undefined ? slot : pick(random, choices);
  });

/** Lines without end, those of the two speakers in turn. */
export function* conversation(
  language: Language,
  smartFormat: boolean,
  random: Random,
): Generator<Line, never> {
  for (;;) {
    for (const [index, line] of pick(random, SCRIPTS[language].calls).entries()) {
      const text = filled(line, language, random).replace(MARK_ALONE, "");
      const tokens = text.split(" ").flatMap((source) => tokensOf(source, smartFormat));
      const spoken = index % 2 === 0 ? "en" : "es";
      yield { language: language === "multi" ? spoken : language, tokens };
    }
  }
}
