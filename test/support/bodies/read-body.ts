type ReadOptions = {
  requestId?: string;
  language?: string | null;
  /** Members of `results`, in place of those that are made up. */
  results?: Record<string, unknown>;
  extra?: Record<string, string>;
};

export const SUMMARY = "Two neighbours agree to share a ladder & a wheelbarrow.";

/** A result of `/v1/read` (text intelligence) about an invented text. */
export const readBody = ({ requestId, language = "en", results, extra }: ReadOptions = {}) => ({
  metadata: {
    request_id: requestId ?? crypto.randomUUID(),
    created: "2026-11-20T09:00:00.000Z",
    ...(language !== null && { language }),
    ...(extra && { extra }),
    summary_info: { model_uuid: "m", input_tokens: 90, output_tokens: 12 },
  },
  results: results ?? {
    summary: { text: SUMMARY },
    topics: {
      segments: [
        {
          text: "May I borrow the ladder?",
          start_word: 0,
          end_word: 4,
          topics: [{ topic: "Garden <tools>", confidence_score: 0.9 }],
        },
      ],
    },
    intents: { segments: [{ text: "May I?", intents: [{ intent: "Borrow a ladder" }] }] },
    sentiments: {
      segments: [
        { text: "Thank you so much.", sentiment: "positive", sentiment_score: 0.8 },
        { text: "It is green.", sentiment: "neutral", sentiment_score: 0 },
      ],
      average: { sentiment: "positive", sentiment_score: 0.4 },
    },
  },
});
