import type * as z from "zod";
import type { Job } from "../auth/job-credentials.ts";
import { listedTranscript } from "../catalogue/list-query.ts";
import { foundTranscript } from "../catalogue/search/search-query.ts";
import { deepgramError, identify } from "../deepgram/callback.ts";
import type { RequestId } from "../deepgram/request-id.ts";
import { problemExample } from "../http/describe/answers.ts";
import type { Examples } from "../http/describe/operation.ts";
import { sha256 } from "../lib/digest.ts";
import { changesOf, markText } from "../read/changes.ts";
import { RENDERINGS } from "../read/formats.ts";
import {
  type followUpStatus,
  statusOfCallback,
  type TranscriptStatus,
} from "../read/transcript-status.ts";
import { NO_DETAILS } from "../store/details.ts";
import { jsonDocument } from "../transcript/formats/jsonl.ts";
import { search } from "../transcript/search/search.ts";
import type { Segment } from "../transcript/segments/segment.ts";
import { segments } from "../transcript/segments/segments.ts";

/** Of the status of a transcript that is expected. */
const TO_COME = {
  kind: null,
  state: "expected",
  received_at: null,
  bytes: null,
  sha256: null,
  duration: null,
  channels: null,
  models: [],
  tags: [],
  extra: {},
  expected_at: "2026-11-24T09:29:40.000Z",
  deadline_at: "2026-11-24T09:44:40.000Z",
  successor: null,
  predecessor: null,
} satisfies Partial<TranscriptStatus>;

/** Examples made by the code that makes the answers. */
export async function makeExamples(): Promise<Examples> {
  const spoken = segments(CALLBACK);
  const phrase = "at noon";
  const status = await exampleStatus();
  const overview = {
    preview: spoken
      .map(({ text }) => text)
      .join(" ")
      .slice(0, 160),
    speakers: 2,
    follow_ups: { done: 0, pending: 0, failed: 0 },
  };
  return {
    requestId: REQUEST_ID,
    job: JOB,
    callbackUrl: CALLBACK_URL,
    callback: CALLBACK,
    status,
    expected: { ...status, ...TO_COME },
    superseded: { ...status, ...TO_COME, state: "overdue", successor: SUCCESSOR },
    events: eventsOf(status),
    rendered: await rendered(spoken),
    translation: await exampleTranslation(spoken),
    phrase,
    hits: await Array.fromAsync(search(spoken, phrase)),
    listed: listedTranscript.parse({
      ...status,
      ...overview,
      expected_at: null,
      deadline_at: null,
    }),
    found: foundTranscript.parse({ ...status, hits: [] }),
    followUp: {
      name: "translate:es",
      state: "queued",
      attempts: 0,
      last_error: null,
      updated_at: "2026-11-24T09:31:00.000Z",
    } satisfies z.infer<typeof followUpStatus>,
    failure: {
      callback: FAILURE,
      problem: problemExample(
        424,
        "transcription_failed",
        "Deepgram could not transcribe the audio.",
        {
          request_id: REQUEST_ID,
          state: "failed",
          error: deepgramError(FAILURE),
        },
      ),
    },
  };
}

const eventsOf = (status: TranscriptStatus): string =>
  changesOf(status)
    .map(
      ({ event, at, data }) =>
        `event: ${event}\ndata: ${data}\nid: ${markText(status.request_id, at)}\n\n`,
    )
    .join("");

async function rendered(spoken: Segment[]): Promise<Examples["rendered"]> {
  const formats = Object.entries(RENDERINGS).map(async ([format, { render }]) => [
    format,
    await textOf(render(spoken, { title: REQUEST_ID })),
  ]);
  return Object.fromEntries(await Promise.all(formats));
}

async function exampleTranslation(spoken: Segment[]) {
  const segments = spoken.map((segment, index) => ({
    ...segment,
    language: "es",
    text: TRANSLATED[index] ?? "",
    words: [],
  }));
  const render = jsonDocument({ request_id: REQUEST_ID, language: "es" });
  return { json: JSON.parse(await textOf(render(segments))), rendered: await rendered(segments) };
}

const textOf = async (parts: AsyncIterable<string>) => (await Array.fromAsync(parts)).join("");

async function exampleStatus(): Promise<TranscriptStatus> {
  const callback = identify(CALLBACK);
  if (!callback.ok) throw new Error(`The example is ${callback.reason}`);
  const { requestId, state, facts } = callback.value;
  const body = new TextEncoder().encode(JSON.stringify(CALLBACK));
  const record = {
    requestId,
    key: "",
    etag: "",
    bodyKey: null,
    state,
    receivedAt: "2026-11-24T09:30:00.000Z",
    bytes: body.length,
    sha256: hexadecimal(await sha256(body)),
    facts,
    stream: null,
    succession: null,
    kind: callback.value.kind,
  };
  return statusOfCallback(record, facts, NO_DETAILS, {
    conflicts: [],
    follow_ups: [],
    follow_up_problems: [],
  });
}

/** Node, in which this runs too, has no `toHex` yet. */
const hexadecimal = (bytes: ArrayBuffer): string =>
  Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");

const REQUEST_ID = "51712a9a-9c10-4128-8e9d-6741cbff5c7f" as RequestId;
/** Of the same audio, submitted again. */
const SUCCESSOR = "9b2d4c1e-5a86-4f30-8d17-c0e2a94b6f55" as RequestId;

const JOB: Job = "s-50d858e0985ecc7f6041-tp5mdg";

const CALLBACK_URL = `https://${JOB}:0f6545c2e8b14da37f90668aaf0cc5ab587f42c2570a884095a9e8ccacd01e3d@edge.example/hook/${JOB}`;

const SPOKEN: [word: string, punctuated: string, start: number, end: number, speaker: number][] = [
  ["ready", "Ready?", 0.5, 0.9, 0],
  ["at", "At", 2.05, 2.15, 1],
  ["noon", "noon", 2.15, 2.6, 1],
  ["today", "today.", 2.6, 3, 1],
];

/** What is said, segment by segment, in Spanish. */
const TRANSLATED = ["¿Listo?", "Hoy a mediodía."];

/** A short call as Deepgram sends it. */
const CALLBACK = {
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
const FAILURE = {
  err_code: "Bad Request",
  err_msg: "The audio could not be decoded.",
  request_id: REQUEST_ID,
};
