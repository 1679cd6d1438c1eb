import { breakUnits } from "../../../transcript/captions/break-units.ts";
import { cleanText } from "../../../transcript/segments/clean-text.ts";
import { callProvider, type Outcome, type ProviderRequest, redactSecrets } from "../../channel.ts";

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

/** Asks a provider once for texts of which each has something to translate. */
type Ask = (texts: string[], languages: Languages) => Promise<TranslateOutcome>;

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

/** What the answers of one provider mean. Both give null for JSON of another form. */
export type Reading = {
  texts: (json: unknown) => string[] | null;
  message: (json: unknown) => string | null;
};

/**
 * Makes one request for a translation. 429, 5xx and no answer will pass: what was asked for can be
 * asked again, at the price of translating it again. Other statuses than 2xx stay.
 */
export async function askTranslator(
  name: string,
  url: string,
  request: ProviderRequest,
  reading: Reading,
): Promise<TranslateOutcome> {
  const answer = await callProvider(url, request);
  if (!answer.answered) {
    return { result: "retry", error: `${name}, ${answer.error}`, detail: answer.detail };
  }
  const { status, json, retryAfterSeconds } = answer;
  if (status >= 200 && status < 300) {
    const texts = reading.texts(json);
    if (texts !== null) return { result: "done", texts };
    return { result: "retry", error: `${name} answered ${status} without translations`, status };
  }
  const message = reading.message(json);
  const trouble = {
    error: `${name} answered ${status}`,
    detail: message === null ? undefined : redactSecrets(message, request.secrets),
    status,
  };
  if (status !== 429 && status < 500) return { result: "failed", ...trouble };
  return { result: "retry", ...trouble, retryAfterSeconds };
}

const sentences = new Intl.Segmenter(undefined, { granularity: "sentence" });

/**
 * A clean text in parts of whole sentences, of at most `maxChars` UTF-16 units each. A longer sentence
 * is parted between words, a longer word within. Nothing is lost but spaces between parts.
 */
export function sentenceChunks(text: string, maxChars: number): string[] {
  const chunks: string[] = [];
  let chunk = "";
  for (const piece of pieces(text, maxChars)) {
    if (chunk.length + piece.trimEnd().length > maxChars) {
      chunks.push(chunk.trimEnd());
      chunk = "";
    }
    chunk += chunk === "" ? piece.trimStart() : piece;
  }
  return [...chunks, chunk.trimEnd()].filter((each) => each !== "");
}

function* pieces(text: string, maxChars: number): Generator<string> {
  for (const { segment } of sentences.segment(text)) {
    const sentence = segment.trimEnd();
    if (sentence.length <= maxChars) {
      yield segment;
      continue;
    }
    for (const { text: word, spaced } of breakUnits(sentence, Number.POSITIVE_INFINITY)) {
      if (spaced) yield " ";
      yield* split(word, maxChars);
    }
    yield segment.slice(sentence.length);
  }
}

/** Surrogates stay together. */
function* split(word: string, maxChars: number): Generator<string> {
  for (let from = 0; from < word.length; ) {
    const to = from + maxChars;
    const isPair = maxChars > 1 && /[\ud800-\udbff]/.test(word[to - 1] ?? "");
    yield word.slice(from, isPair ? to - 1 : to);
    from = isPair ? to - 1 : to;
  }
}
