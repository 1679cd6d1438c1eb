import { describe, expect, test } from "vitest";
import { ERROR_SPELLINGS, errorBody } from "../../support/bodies/errors.ts";
import { float32 } from "../../support/bodies/float32.ts";
import { requestIdFrom } from "../../support/bodies/ids.ts";
import type { ListenOptions } from "../../support/bodies/options.ts";
import { sizedBody, wholeBody } from "../../support/bodies/sized.ts";
import type { SizedOptions } from "../../support/bodies/sized-text.ts";
import { bytesOf, listenBody } from "../../support/bodies.ts";

const FULL: ListenOptions = {
  words: 300,
  channels: 2,
  speakers: 4,
  diarize: true,
  utterances: true,
  smartFormat: true,
  detectLanguage: true,
  callbackSecret: "shh",
  extra: { order: "12" },
  tags: ["front"],
};

const decode = (bytes: Uint8Array): string =>
  new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);

describe("listenBody", () => {
  test("equal seeds and options give equal bytes, other seeds others", () => {
    const text = (seed: number) => decode(bytesOf(listenBody({ ...FULL, seed })));
    expect(text(5)).toBe(text(5));
    expect(text(5)).not.toBe(text(6));
  });

  test("has the number of words asked for, in order of time on each channel", () => {
    const { channels } = listenBody(FULL).results;
    const lists = channels.map(({ alternatives }) => alternatives[0]!.words);
    expect(lists.flat()).toHaveLength(300);
    for (const words of lists)
      for (const [index, word] of words.entries()) {
        expect(word.end).toBeGreaterThan(word.start);
        if (index > 0) expect(word.start).toBeGreaterThanOrEqual(words[index - 1]!.start);
      }
  });

  test("channels talk over each other", () => {
    const { utterances } = listenBody({ words: 200, channels: 2, utterances: true }).results;
    const [left, right] = [0, 1].map((channel) => utterances!.filter((u) => u.channel === channel));
    const overlaps = left!.filter((one) =>
      right!.some((u) => u.start < one.end && u.end > one.start),
    );
    expect(overlaps.length).toBeGreaterThan(0);
  });

  test("utterances come by channel, then by time, each with an id of its own", () => {
    const utterances = listenBody(FULL).results.utterances!;
    const keys = utterances.map(({ channel, start }) => channel * 1e6 + start);
    expect(keys).toEqual(keys.toSorted((a, b) => a - b));
    expect(new Set(utterances.map(({ id }) => id)).size).toBe(utterances.length);
    expect(utterances[0]?.id).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });

  test("words have punctuation, speakers and languages only when asked for", () => {
    const firstWord = (options: object) =>
      Object.keys(listenBody(options).results.channels[0]!.alternatives[0]!.words[0]!);
    const bare = ["word", "start", "end", "confidence"];
    expect(firstWord({})).toEqual(bare);
    expect(firstWord({ diarize: true })).toEqual([...bare, "speaker", "speaker_confidence"]);
    expect(firstWord({ punctuate: true })).toEqual([...bare, "punctuated_word"]);
    expect(firstWord({ language: "multi" })).toEqual([...bare, "language"]);
  });

  test("smart formatting makes fewer words than the transcript has tokens", () => {
    const options = { words: 400, smartFormat: true } as const;
    const [alternative] = listenBody(options).results.channels[0]!.alternatives;
    expect(alternative!.transcript.split(" ").length).toBeGreaterThan(400);
    expect(alternative!.words.map((word) => word.punctuated_word)).toContain("3:30 PM");
  });

  test.each(["ja", "zh"] as const)("words of %s are not joined by spaces", (language) => {
    const { transcript } = listenBody({ language, punctuate: true }).results.channels[0]!
      .alternatives[0]!;
    expect(transcript).not.toContain(" ");
    expect(transcript).toMatch(/[。、，]/u);
  });

  test("Arabic is Arabic, multi has two languages", () => {
    const first = (options: object) => listenBody(options).results.channels[0]!.alternatives[0]!;
    expect(first({ language: "ar" }).transcript).toMatch(/^[\p{Script=Arabic}\s\d]+$/u);
    expect(first({ language: "multi", words: 80 }).languages).toEqual(["en", "es"]);
  });

  test("paragraphs name the speaker with diarization", () => {
    const shown = (options: object) =>
      listenBody({ paragraphs: true, ...options }).results.channels[0]!.alternatives[0]!
        .paragraphs!;
    expect(shown({ diarize: true }).transcript).toMatch(/^\nSpeaker 0: .*\n\nSpeaker 1: /u);
    expect(shown({}).transcript).not.toContain("Speaker");
    const counted = shown({ words: 90 }).paragraphs.reduce(
      (sum, { num_words }) => sum + num_words,
      0,
    );
    expect(counted).toBe(90);
  });

  test("silence is spelled as Deepgram spells it", () => {
    const body = listenBody({
      silence: true,
      utterances: true,
      paragraphs: true,
      durationSeconds: 4.5,
    });
    const paragraphs = { transcript: "\n", paragraphs: [] };
    expect(body.results).toEqual({
      channels: [{ alternatives: [{ transcript: "", confidence: 0, words: [], paragraphs }] }],
      utterances: [],
    });
    expect(body.metadata.duration).toBe(4.5);
  });

  test("durationSeconds bounds the speech", () => {
    const body = listenBody({ durationSeconds: 90 });
    const last = body.results.channels[0]!.alternatives[0]!.words.at(-1)!;
    expect(body.metadata.duration).toBe(90);
    expect(last.end).toBeLessThanOrEqual(90);
    expect(last.end).toBeGreaterThan(80);
  });

  test("metadata says what was asked", () => {
    const warnings = [{ parameter: "summarize", type: "unsupported_language", message: "No." }];
    const { metadata } = listenBody({ ...FULL, requestId: "mine", warnings });
    expect(metadata).toMatchObject({ request_id: "mine", channels: 2, tags: ["front"], warnings });
    expect(metadata.extra).toEqual({ order: "12", callback_secret: "shh" });
    expect(Object.keys(metadata.model_info)).toEqual(metadata.models);
  });
});

test("float32 gives the shortest spelling of a 32-bit float", () => {
  expect([float32(1.6 - 1e-7), float32(0.08), float32(22.62 - 1e-6), float32(1)]).toEqual([
    1.5999999, 0.08, 22.619999, 1,
  ]);
});

test("request ids are UUIDs of version 7 with their time in front", () => {
  const id = requestIdFrom(3, Date.UTC(2026, 10, 2));
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(Number.parseInt(id.replace("-", "").slice(0, 12), 16)).toBe(Date.UTC(2026, 10, 2));
  expect(requestIdFrom(3)).toBe(requestIdFrom(3));
  expect(requestIdFrom(3)).not.toBe(requestIdFrom(4));
});

test("every spelling of an error differs, those in JSON have the id", () => {
  const bodies = ERROR_SPELLINGS.map((spelling) => errorBody(spelling, "the-id"));
  expect(new Set(bodies).size).toBe(ERROR_SPELLINGS.length);
  expect(bodies.slice(0, 3).map((body) => JSON.parse(body).request_id)).toEqual(
    Array(3).fill("the-id"),
  );
});

describe("sizedBody", () => {
  const variants: [string, Omit<SizedOptions, "bytes">][] = [
    ["plain", {}],
    ["full", { diarize: true, utterances: true, punctuate: true, channels: 2 }],
    ["metadata last", { metadataLast: true, extra: { a: "b" }, requestId: "mine" }],
    ["Japanese", { language: "ja", punctuate: true, utterances: true }],
    ["three channels", { channels: 3, utterances: true }],
  ];

  test.each(variants)("%s has exactly the length asked for, and is whole", (_, options) => {
    for (const bytes of [1500, 20_001, 333_333]) {
      const body = sizedBody({ ...options, bytes });
      const whole = wholeBody(body);
      const value = JSON.parse(decode(whole));
      expect([body.byteLength, whole.byteLength]).toEqual([bytes, bytes]);
      expect(value.metadata.channels).toBe(value.results.channels.length);
      expect(Object.keys(value)[0]).toBe(options.metadataLast ? "results" : "metadata");
    }
  });

  test("5 MB come in chunks, nearly all of it words", () => {
    const body = sizedBody({ bytes: 5_000_000, utterances: true, diarize: true });
    let [bytes, chunks, longest] = [0, 0, 0];
    for (const chunk of body.chunks()) {
      bytes += chunk.byteLength;
      chunks += 1;
      longest = Math.max(longest, chunk.byteLength);
    }
    const { results } = JSON.parse(decode(wholeBody(body)));
    expect([bytes, chunks > 20, longest < 200_000]).toEqual([5_000_000, true, true]);
    expect(results.channels[0].alternatives[0].words.length).toBeGreaterThan(15_000);
    expect(results.padding.length).toBeLessThan(10_000);
  });

  test("times continue where the conversation repeats", () => {
    const { results } = JSON.parse(decode(wholeBody(sizedBody({ bytes: 300_000 }))));
    const starts: number[] = results.channels[0].alternatives[0].words.map(
      (word: { start: number }) => word.start,
    );
    expect(starts).toEqual(starts.toSorted((a, b) => a - b));
  });

  test("chunks can be read twice, and are the same for the same seed", () => {
    const options = { bytes: 50_000, seed: 9 };
    const body = sizedBody(options);
    expect(wholeBody(body)).toEqual(wholeBody(body));
    expect(wholeBody(sizedBody(options))).toEqual(wholeBody(body));
    expect(wholeBody(sizedBody({ ...options, seed: 10 }))).not.toEqual(wholeBody(body));
  });

  test("too few bytes are refused", () => {
    expect(() => sizedBody({ bytes: 100 })).toThrow(RangeError);
  });
});
