import { expect, test } from "vitest";
import { segments } from "../../../../src/transcript/segments/segments.ts";
import { alternative, body, channel, words } from "./bodies.ts";

const message = (more: Record<string, unknown>) => ({
  type: "Results",
  channel_index: [1, 2],
  start: 10,
  duration: 3,
  is_final: true,
  metadata: { request_id: "r" },
  ...more,
});

test("a streamed result becomes segments of its channel", () => {
  const found = segments(message({ channel: channel(words("Oh, no.", 10.5, { speaker: 1 })) }));
  expect(found).toMatchObject([
    { channel: 1, speaker: 1, text: "Oh, no.", start: 10.5, end: 12, words: { length: 2 } },
  ]);
});

test("a streamed transcript without words spans its message", () => {
  const found = segments(message({ channel: { alternatives: [{ transcript: "Hm." }] } }));
  expect(found).toMatchObject([{ channel: 1, start: 10, end: 13, text: "Hm." }]);
});

test("a streamed message without a usable channel number is of channel 0", () => {
  const found = segments(message({ channel_index: "x", channel: channel(words("a")) }));
  expect(found).toMatchObject([{ channel: 0 }]);
});

test("a streamed silence gives nothing", () => {
  expect(segments(message({ channel: { alternatives: [alternative([])] } }))).toEqual([]);
});

test.each([
  ["the end of a stream", { type: "Metadata", request_id: "r", duration: 44 }],
  ["the end of an utterance", { type: "UtteranceEnd", channel: [0, 1], last_word_end: 8.8 }],
  ["an error", { err_code: "Bad Request", err_msg: "No.", request_id: "r" }],
  ["text intelligence", body({ summary: { text: "s" }, topics: { segments: [{ text: "t" }] } })],
  ["silence", body({ channels: [channel([])], utterances: [] })],
  ["null", null],
  ["a string", "text"],
  ["an array", [body({ channels: [channel(words("a"))] })]],
])("%s has no segments", (_, value) => {
  expect(segments(value)).toEqual([]);
});

test("all channels come in order of time", () => {
  const channels = [channel([...words("a", 0), ...words("c", 6)]), channel(words("b", 3))];
  expect(segments(body({ channels })).map(({ text, channel }) => [text, channel])).toEqual([
    ["a", 0],
    ["b", 1],
    ["c", 0],
  ]);
});
