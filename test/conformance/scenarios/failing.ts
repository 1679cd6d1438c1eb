import { randomUUID } from "node:crypto";
import { type ErrorSpelling, errorBody } from "../../support/bodies/errors.ts";
import { deliver } from "../receiver.ts";
import { accepted, answered, Fault, PAGES, reading, type Scenario, saying } from "../scenario.ts";

const FAILURE =
  "A request with a callback is answered there also when transcription fails; no form is documented.";

const failure = (spelling: ErrorSpelling): Scenario => ({
  name: `error-${spelling.replace("_", "-")}`,
  because: FAILURE,
  known: "documented",
  page: PAGES.missing,
  run: async (target) => {
    const id = randomUUID();
    accepted(await deliver(target, { body: errorBody(spelling, id) }), "the error");
    const { status, text } = await reading(target, id);
    if (status === 404) throw new Fault("nothing is known of the request afterwards");
    if (status >= 500) throw new Fault(`reading it is answered ${status}: ${text.slice(0, 80)}`);
  },
});

const SHAPELESS = [
  "",
  "null",
  "[]",
  "42",
  '"text"',
  "{}",
  "Internal error",
  '{"metadata":',
  "\ufeff{}",
];

const streamed = (id: string, start: number, transcript: string) => ({
  type: "Results",
  channel_index: [0, 1],
  duration: 1,
  start,
  is_final: true,
  speech_final: true,
  channel: { alternatives: [{ transcript, confidence: 0.9, words: [] }] },
  metadata: { request_id: id },
});

/** What is no transcript. */
export const failing: Scenario[] = [
  failure("err_code"),
  failure("category"),
  failure("error_code"),
  {
    name: "shapeless",
    because: "An error may be plain text or empty: a breakdown makes Deepgram come back in vain.",
    known: "inferred",
    page: "",
    run: async (target) => {
      for (const body of SHAPELESS) answered(await deliver(target, { body }), JSON.stringify(body));
    },
  },
  {
    name: "streaming-messages",
    because: "Streaming audio with an http(s) callback: one POST for each message.",
    known: "documented",
    page: PAGES.callback,
    run: async (target) => {
      const id = randomUUID();
      const words = ["the first sentence", "the second sentence"];
      const end = {
        type: "Metadata",
        request_id: id,
        sha256: "incomplete",
        duration: 2,
        channels: 1,
      };
      for (const message of [...words.map((word, index) => streamed(id, index, word)), end]) {
        accepted(await deliver(target, { body: JSON.stringify(message) }), message.type);
      }
      for (const type of ["SpeechStarted", "UtteranceEnd"]) {
        const body = JSON.stringify({ type, channel: [0, 1], timestamp: 1 });
        answered(await deliver(target, { body }), type);
      }
      await saying(target, id, words);
    },
  },
];
