import * as z from "zod";

/** One recognised word. Times are seconds from the start of the audio. */
export type Word = {
  /**
   * As it should be shown: Deepgram's `punctuated_word`, or `word` when there is none. It ends with a line
   * feed where a new line was dictated behind it.
   */
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
  /** Ends with a line feed where its last word does. */
  text: string;
  /** May be empty, and need not spell `text`: `smart_format` rewrites one but not the other. */
  words: Word[];
};

/** Segments in order of time, in memory or as they come. Leaving off early returns the iterator. */
export type SegmentSource = AsyncIterable<Segment> | Iterable<Segment>;

// What the code makes and does not parse, for the API document.

export const seconds = z.number().describe("Seconds from the start of the audio.");

export const channel = z.int().min(0).describe("Index into `results.channels`, from 0.");

export const speaker = z
  .int()
  .nullable()
  .describe("Deepgram's number of the speaker, from 0; null without diarization.");

const word = z.object({
  text: z.string(),
  start: z.number(),
  end: z.number(),
  confidence: z.number().nullable().describe("0 to 1; null where Deepgram gave none."),
}) satisfies z.ZodType<Word>;

/** A line of `.jsonl`. */
export const segmentSchema = z
  .object({
    start: seconds,
    end: seconds,
    channel,
    speaker,
    language: z.string().nullable().describe("BCP 47 tag as Deepgram gives it."),
    text: z.string().describe("Ends with a line feed where a new line was dictated."),
    words: z
      .array(word)
      .describe("May be empty, and need not spell `text`: `smart_format` rewrites one of them."),
  })
  .meta({ id: "Segment" }) satisfies z.ZodType<Segment>;
