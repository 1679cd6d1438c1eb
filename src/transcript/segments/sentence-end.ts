const ASCII_WORD_END = /[a-z0-9]/i;
const CLOSERS = "[\\s\\p{Pe}\\p{Pf}\"'”’»]*$";
const SENTENCE_END = new RegExp(`[.!?…。！？｡．؟۔।॥።။៕]${CLOSERS}`, "u");
const PHRASE_END = new RegExp(`[,;:，、；：،؛፣၊·–—]${CLOSERS}`, "u");

/** What a word or piece of text ends, if anything. */
export function endOf(text: string): "sentence" | "phrase" | null {
  if (ASCII_WORD_END.test(text.slice(-1))) return null;
  if (SENTENCE_END.test(text)) return "sentence";
  return PHRASE_END.test(text) ? "phrase" : null;
}

/** Whether a word or piece of text ends a sentence, in any of the scripts Deepgram transcribes. */
export function endsSentence(text: string): boolean {
  return !ASCII_WORD_END.test(text.slice(-1)) && SENTENCE_END.test(text);
}
