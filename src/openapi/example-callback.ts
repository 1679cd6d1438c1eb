import type { RequestId } from "../deepgram/request-id.ts";

export const REQUEST_ID = "51712a9a-9c10-4128-8e9d-6741cbff5c7f" as RequestId;
const SPOKEN: [word: string, punctuated: string, start: number, end: number, speaker: number][] = [
  ["ready", "Ready?", 0.5, 0.9, 0],
  ["at", "At", 2.05, 2.15, 1],
  ["noon", "noon", 2.15, 2.6, 1],
  ["today", "today.", 2.6, 3, 1],
];

/** What is said, segment by segment, in Spanish. */
export const TRANSLATED = ["¿Listo?", "Hoy a mediodía."];

/** A short call as Deepgram sends it. */
export const CALLBACK = {
  metadata: {
    request_id: REQUEST_ID,
    duration: 3.2,
    channels: 1,
    models: ["general-nova-3"],
    tags: ["orders"],
    extra: { customer: "42" },
  },
  results: {
    channels: [
      {
        alternatives: [
          {
            transcript: SPOKEN.map(([, punctuated]) => punctuated).join(" "),
            confidence: 0.99,
            words: SPOKEN.map(([word, punctuated_word, start, end, speaker]) => ({
              word,
              start,
              end,
              confidence: 0.99,
              speaker,
              punctuated_word,
            })),
          },
        ],
      },
    ],
  },
};

/** An error as Deepgram sends it. */
export const FAILURE = {
  err_code: "Bad Request",
  err_msg: "The audio could not be decoded.",
  request_id: REQUEST_ID,
};
