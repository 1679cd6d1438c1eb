import type { TranscriptPart } from "./first-part.ts";

/** What an e-mail says, before it is text or HTML. All texts are plain and come from anywhere. */
export type EmailDraft = {
  subject: string;
  heading: string;
  paragraphs: string[];
  /** Names and values. */
  rows: [name: string, value: string][];
  summary: string | null;
  part: TranscriptPart | null;
  link: { label: string; url: string };
  footnote: string;
};

/** What stands under a transcript that was cut. */
export const REST_AT_LINK = "This is only the beginning; the rest is at";
