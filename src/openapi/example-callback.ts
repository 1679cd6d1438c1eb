import type { Job } from "../auth/job.ts";
import type { RequestId } from "../deepgram/request-id.ts";

export const REQUEST_ID = "51712a9a-9c10-4128-8e9d-6741cbff5c7f" as RequestId;
/** Of the same audio, submitted again. */
export const SUCCESSOR = "9b2d4c1e-5a86-4f30-8d17-c0e2a94b6f55" as RequestId;

export const JOB: Job = "s-50d858e0985ecc7f6041-tp5mdg";

export const CALLBACK_URL = `https://${JOB}:0f6545c2e8b14da37f90668aaf0cc5ab587f42c2570a884095a9e8ccacd01e3d@edge.example/hook/${JOB}`;

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
