/** One recognised word. Times are seconds from the start of the audio. */
export type Word = {
  /** As it should be shown: Deepgram's `punctuated_word`, or `word` when there is none. */
  text: string;
  start: number;
  end: number;
  /** 0 to 1, or null where Deepgram gave none. */
  confidence: number | null;
};

/** A stretch of speech of one speaker on one channel. Times are seconds from the start of the audio. */
export type Segment = {
  start: number;
  end: number;
  /** Index into `results.channels`, from 0. */
  channel: number;
  /** Deepgram's speaker number, from 0; null without diarization. */
  speaker: number | null;
  /** BCP 47 tag as Deepgram gives it, or null where it is not known. */
  language: string | null;
  text: string;
  /** May be empty, and need not spell `text`: `smart_format` rewrites one but not the other. */
  words: Word[];
};
