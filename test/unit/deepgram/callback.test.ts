import { describe, expect, it } from "vitest";
import { identify } from "../../../src/deepgram/callback.ts";
import { requestIdFrom } from "../../support/bodies/ids.ts";
import { listenBody } from "../../support/bodies.ts";
import { fc } from "../../support/fast-check.ts";

const ID = requestIdFrom(1);

const identified = (json: unknown) => {
  const callback = identify(json);
  if (!callback.ok) throw new Error(callback.reason);
  return callback.value;
};

describe("identify", () => {
  it("reads the facts of a finished transcript", () => {
    const warnings = [{ parameter: "summarize", type: "unsupported_language", message: "No." }];
    const body = listenBody({
      requestId: ID,
      durationSeconds: 20,
      channels: 2,
      detectLanguage: true,
      model: "nova-3",
      extra: { customer: "42" },
      tags: ["sales", "q4"],
      callbackSecret: "hidden",
    });
    const { requestId, state, facts } = identified({
      ...body,
      metadata: { ...body.metadata, warnings },
    });
    expect({ requestId, state }).toEqual({ requestId: ID, state: "received" });
    expect(facts).toEqual({
      audio_sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      duration: 20,
      channels: 2,
      models: [expect.stringContaining("nova-3")],
      languages: ["en"],
      tags: ["sales", "q4"],
      extra: { customer: "42" },
      warnings,
      error: null,
    });
  });

  it.each(["1", "3", "4", "5", "7", "8", "0", "f"])("takes a UUID of version %s", (version) => {
    const id = `0190aaaa-bbbb-${version}ccc-8ddd-eeeeeeeeeeee`;
    expect(identified({ metadata: { request_id: id }, results: {} }).requestId).toBe(id);
  });

  it("takes an id in upper case for the same in lower case", () => {
    expect(identified({ request_id: ID.toUpperCase(), err_msg: "x" }).requestId).toBe(ID);
  });

  it.each(["uuid", `../../${ID}`, `${ID}\n`, `${ID}0`, 5, { id: ID }])(
    "takes %j for no id",
    (request_id) => {
      expect(identify({ request_id })).toEqual({ ok: false, reason: "no-request-id" });
      expect(identify({ metadata: { request_id }, results: {} }).ok).toBe(false);
    },
  );

  it.each(["", "../../callbacks", "A".repeat(64), "a".repeat(63)])(
    "takes %j for no digest of audio",
    (sha256) => {
      const { facts } = identified({ metadata: { request_id: ID, sha256 }, results: {} });
      expect(facts.audio_sha256).toBeNull();
    },
  );

  it("names a model by its id where model_info does not name it", () => {
    const metadata = { request_id: ID, models: ["a", "b"], model_info: { b: { name: "nova-2" } } };
    expect(identified({ metadata, results: {} }).facts.models).toEqual(["a", "nova-2"]);
  });

  it("names the one model of a streaming message", () => {
    const metadata = { request_id: ID, model_info: { name: "nova-3", version: "1", arch: "x" } };
    expect(identified({ type: "Results", metadata }).facts.models).toEqual(["nova-3"]);
  });

  it("collects the languages of every channel once", () => {
    const channels = [
      { detected_language: "es" },
      { alternatives: [{ languages: ["en", "es"] }, { languages: ["xx"] }] },
    ];
    const body = { metadata: { request_id: ID }, results: { channels } };
    expect(identified(body).facts.languages).toEqual(["es", "en"]);
  });

  it("reads the terminal streaming message, whose facts stand at the top level", () => {
    const message = {
      type: "Metadata",
      request_id: ID,
      duration: 12.5,
      channels: 1,
      extra: { a: "b" },
    };
    const { state, facts } = identified(message);
    expect(state).toBe("received");
    expect(facts).toMatchObject({ duration: 12.5, channels: 1, extra: { a: "b" } });
  });

  it.each([
    [
      { err_code: "Bad Request", err_msg: "No audio" },
      { code: "Bad Request", message: "No audio" },
    ],
    [
      { category: "INVALID", message: "No audio", details: "at 0" },
      { code: "INVALID", message: "No audio", details: "at 0" },
    ],
    [
      { error_code: 400, error: "No audio" },
      { code: "400", message: "No audio" },
    ],
    [{ error: { code: "X", message: "No audio" } }, { code: "X", message: "No audio" }],
    [
      { type: "Error", variant: "X", description: "No audio" },
      { code: "X", message: "No audio" },
    ],
    [{ oops: "No audio" }, { details: expect.stringContaining('"oops":"No audio"') }],
    [
      { err_code: "X", details: { at: 0 } },
      { code: "X", details: '{"at":0}' },
    ],
  ])("takes %j with an id for a failure", (fields, error) => {
    for (const body of [
      { ...fields, request_id: ID },
      { ...fields, metadata: { request_id: ID } },
    ]) {
      const { state, facts } = identified(body);
      expect(state).toBe("failed");
      expect(facts.error).toEqual({ code: null, message: null, details: null, ...error });
    }
  });

  it.each([
    "https://deepgram:hidden@edge.test/hook",
    "callback=https%3A%2F%2Fdeepgram%3Ahidden%40edge.test",
    "extra=callback_secret:hidden&callback=x",
    "extra=callback_secret%3Ahidden",
    '{"extra":{"callback_secret":"hidden"}}',
    '"{\\"callback_secret\\": \\"hidden\\"}"',
  ])("masks the credentials in an error that quotes %s", (quoted) => {
    const { facts } = identified({ err_msg: `Bad request: ${quoted} .`, request_id: ID });
    expect(facts.error?.message).not.toContain("hidden");
    expect(facts.error?.message).toMatch(/^Bad request: .+ \.$/);
  });

  it.each([
    { errors: ["boom"] },
    {
      err_msg: "boom",
      details: { metadata: { extra: { callback_secret: 'hidden "twice hidden' } } },
    },
  ])("masks the secret in the parts of an error that are shown as JSON: %j", (fields) => {
    const metadata = { request_id: ID, extra: { callback_secret: 'hidden "twice hidden', a: "b" } };
    const { facts } = identified({ metadata, ...fields });
    expect(facts.error?.details).toContain("***");
    expect(JSON.stringify(facts)).not.toContain("hidden");
  });

  it.each([
    ["no credential", "x", true],
    ["a password", "https://user:", false],
    ["a secret", "callback_secret:", false],
    ["what a password might begin with", "%3A%2F%2F".repeat(200_000), false],
  ])("masks %s that is longer than what is read of an error", (_, start, isShown) => {
    const err_msg = `see ${start}${"hidden".repeat(100_000)}@`;
    const { facts } = identified({ err_msg, request_id: ID });
    expect(facts.error?.message?.includes("hidden")).toBe(isShown);
  });

  it("cuts the texts of an error", () => {
    const { facts } = identified({ err_msg: "x".repeat(100_000), request_id: ID });
    expect(facts.error?.message).toHaveLength(500);
  });

  it("reads fields of a wrong type as absent", () => {
    const metadata = {
      request_id: ID,
      duration: "long",
      channels: null,
      models: [1, "m"],
      model_info: [],
      tags: "a",
      extra: 5,
      warnings: {},
    };
    expect(identified({ metadata, results: { channels: [7, null, "x"] } }).facts).toEqual({
      audio_sha256: null,
      duration: null,
      channels: null,
      models: ["m"],
      languages: [],
      tags: [],
      extra: {},
      warnings: [],
      error: null,
    });
  });

  it("gives an answer to every JSON value", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), fc.jsonValue(), (metadata, results, other) => {
        identify(other);
        identify({ metadata, results, request_id: other });
        expect(identify({ metadata, results, request_id: ID }).ok).toBe(
          !(isRecord(metadata) && metadata.request_id != null),
        );
      }),
    );
  });
});

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
