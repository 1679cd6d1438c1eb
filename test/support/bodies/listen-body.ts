/** The finished answer of `/v1/listen`, as the callback carries it. Times are seconds. */
export type ListenBody = { metadata: ListenMetadata; results: ListenResults };

export type ListenMetadata = {
  transaction_key: "deprecated";
  request_id: string;
  sha256: string;
  created: string;
  duration: number;
  channels: number;
  models: string[];
  model_info: Record<string, { name: string; version: string; arch: string }>;
  diarize_info?: { model_uuid: string; arch: string };
  warnings?: ListenWarning[];
  extra?: Record<string, string>;
  tags?: string[];
};

export type ListenWarning = { parameter: string; type: string; message: string };

export type ListenResults = { channels: ListenChannel[]; utterances?: ListenUtterance[] };

export type ListenChannel = {
  alternatives: ListenAlternative[];
  detected_language?: string;
  language_confidence?: number;
};

export type ListenAlternative = {
  transcript: string;
  confidence: number;
  words: ListenWord[];
  paragraphs?: { transcript: string; paragraphs: ListenParagraph[] };
  languages?: string[];
};

export type ListenWord = {
  word: string;
  start: number;
  end: number;
  confidence: number;
  language?: string;
  speaker?: number;
  speaker_confidence?: number;
  punctuated_word?: string;
};

export type ListenParagraph = {
  sentences: { text: string; start: number; end: number }[];
  speaker?: number;
  num_words: number;
  start: number;
  end: number;
};

export type ListenUtterance = {
  start: number;
  end: number;
  confidence: number;
  channel: number;
  transcript: string;
  words: ListenWord[];
  speaker?: number;
  id: string;
};
