import type { Language } from "./conversations.ts";
import type { ListenWarning } from "./listen-body.ts";

/** How the speech is; everything is optional and has a fixed default. */
export type SpeechOptions = {
  /** Equal seeds and options give equal bodies. Default 1. */
  seed?: number;
  language?: Language;
  /** Independent channels (`multichannel=true`), one speaker or more on each; they talk over each other. */
  channels?: number;
  /** Speakers in the conversation, at least one for each channel. Default 2. */
  speakers?: number;
  /** The speaker that begins. Default 0. */
  firstSpeaker?: number;
  diarize?: boolean;
  /** Adds `punctuated_word` and writes transcripts with it. */
  punctuate?: boolean;
  /** Punctuates, writes numbers as figures, and adds paragraphs. */
  smartFormat?: boolean;
};

/** What the answer says about the request. */
export type MetadataOptions = {
  requestId?: string;
  /** ISO 8601. Default 2026-11-02T09:00:00.000Z. */
  created?: string;
  /** Of the audio, in hexadecimal. Default: invented. */
  sha256?: string;
  /** As submitted, for example `nova-3`. */
  model?: string;
  extra?: Record<string, string>;
  /** Becomes `extra.callback_secret`. */
  callbackSecret?: string;
  tags?: string[];
  warnings?: ListenWarning[];
};

export type ListenOptions = SpeechOptions &
  MetadataOptions & {
    /** How many words are spoken, on all channels together. Default 60. */
    words?: number;
    /** Length of the audio; takes the place of `words`. */
    durationSeconds?: number;
    utterances?: boolean;
    paragraphs?: boolean;
    /** Adds `detected_language` and `language_confidence` to each channel. */
    detectLanguage?: boolean;
    /** Alternatives of each channel. Default 1. */
    alternatives?: number;
    /** Audio without speech. */
    silence?: boolean;
  };
