/** Deepgram takes up to 20. */
export const MAX_CHANNELS = 256;
/** Of one word, paragraph or utterance with all its words, and of a transcript without words. */
export const MAX_ELEMENT_BYTES = 4 * 1024 * 1024;
/** Of all elements held at one time. */
export const MAX_HELD_BYTES = 12 * 1024 * 1024;
/** What a word that waits for its sentence counts. */
export const HELD_WORD_BYTES = 256;
