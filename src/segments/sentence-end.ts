const ASCII_WORD_END = /[a-z0-9]/i;
const CLOSERS = "[ \\p{Pe}\\p{Pf}\"'”’»]*$";
const SENTENCE_END = new RegExp(`[.!?…。！？｡．؟۔।॥።။៕]${CLOSERS}`, "u");
const PHRASE_END = new RegExp(`[,;:，、；：،؛፣၊·–—]${CLOSERS}`, "u");

/** Whether a word or piece of text ends a sentence, in any of the scripts Deepgram transcribes. */
export function endsSentence(text: string): boolean {
  return !ASCII_WORD_END.test(text.slice(-1)) && SENTENCE_END.test(text);
}

/** Whether a word or piece of text ends a phrase: comma, semicolon, colon, dash and their like. */
export function endsPhrase(text: string): boolean {
  return !ASCII_WORD_END.test(text.slice(-1)) && PHRASE_END.test(text);
}
