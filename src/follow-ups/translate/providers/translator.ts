/** How one request for a translation ended. `error` is for people: bounded, and free of secrets. */
export type TranslateOutcome =
  /** As many texts as were given, in their order. */
  | { result: "done"; texts: string[] }
  | { result: "retry"; error: string; retryAfterSeconds?: number }
  // Trying again would not help.
  | { result: "failed"; error: string };

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
