import type { Outcome } from "../../outcome.ts";

/** How one request for a translation ended: with as many texts as were given, in their order, or not. */
export type TranslateOutcome =
  | { result: "done"; texts: string[] }
  | Extract<Outcome, { result: "retry" | "failed" }>;

/** BCP 47 tags, as Deepgram and people write them. */
export type Languages = {
  /** Null where it is not known. */
  source: string | null;
  target: string;
};

export type Translator = {
  name: string;
  /** Of one request. Characters are UTF-16 units, of all its texts together. */
  limits: { maxTexts: number; maxChars: number };
  /** Never throws. Texts over the limits fail; one without anything to translate is given back empty. */
  translate: (texts: string[], languages: Languages) => Promise<TranslateOutcome>;
};
