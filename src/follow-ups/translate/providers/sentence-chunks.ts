import { breakUnits } from "../../../transcript/captions/break-units.ts";

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
