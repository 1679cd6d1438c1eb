import { env } from "cloudflare:workers";
import { beforeEach, expect, it } from "vitest";
import type { RequestId } from "../../../src/deepgram/request-id.ts";
import { putTranslation } from "../../../src/store/translations.ts";
import { BASIC } from "../../support/deliver.ts";
import { recordOf } from "../../support/record-of.ts";
import { ask } from "./ask.ts";
import { answerOf, DOCUMENT, OPERATIONS } from "./documented.ts";
import { awaited } from "./scenarios/states.ts";

const operationOf = (name: string) =>
  OPERATIONS.find(({ operation }) => operation.operationId === name)!.operation;

const exampleOf = (operationId: string, status: number, type = "application/json") =>
  Object.values(answerOf(operationOf(operationId), status).content?.[type]?.examples ?? {})[0]
    ?.value;

const callback = operationOf("receiveCallback").requestBody?.content["application/json"]?.examples
  ?.transcript?.value as { metadata: { request_id: RequestId } };

const id = callback.metadata.request_id;

/** But for when it came. */
const timeless = (value: unknown) =>
  JSON.parse(JSON.stringify(value, (name, member) => (name.endsWith("_at") ? "" : member)));

beforeEach(async () => {
  const body = JSON.stringify(callback);
  await ask("receiveCallback", { body, headers: { authorization: BASIC } });
});

it.each(Object.keys(DOCUMENT.components.responses.Transcript?.content ?? {}))(
  "the callback's example is given as that of %s",
  async (accept) => {
    const text = await (await ask("getTranscript", { headers: { accept } })).text();
    const example = exampleOf("getTranscript", 200, accept);
    expect(text).toBe(typeof example === "string" ? example : JSON.stringify(example));
  },
);

it.each([
  ["getTranscriptStatus", {}],
  ["searchTranscript", { q: "at noon" }],
])("the example of %s is what is answered about it", async (operationId, query) => {
  const answer = await (await ask(operationId, { query })).json();
  expect(timeless(answer)).toEqual(timeless(exampleOf(operationId, 200)));
});

it.each([
  ["listTranscripts", {}],
  ["searchTranscripts", { q: "at noon" }],
  ["rebuildCatalogue", {}],
])("the example of %s is what is answered when it alone is there", async (operationId, query) => {
  await ask("rebuildCatalogue");
  const answer = await (await ask(operationId, { query })).json();
  expect(timeless(answer)).toEqual(timeless(exampleOf(operationId, 200)));
});

it.each([
  ["expected", "expected", {}],
  ["submittedAgain", "overdue", { successor: "9b2d4c1e-5a86-4f30-8d17-c0e2a94b6f55" }],
] as const)("the example %s is the status of an expected request", async (name, state, more) => {
  const { successor } = { successor: undefined, ...more };
  if (successor) await awaited("expected", {}, successor);
  const params = { request_id: await awaited(state, more) };
  const answer = await (await ask("getTranscriptStatus", { params })).json<object>();
  const { examples } = answerOf(operationOf("getTranscriptStatus"), 200).content![
    "application/json"
  ]!;
  expect(timeless({ ...answer, request_id: id })).toEqual(timeless(examples?.[name]?.value));
});

it("the example of the events is what is sent first", async () => {
  const response = await ask("getTranscriptEvents");
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("\nid: ")) text += (await reader.read()).value;
  await reader.cancel();
  const event = (text: string) => text.match(/event: .*\ndata: .*\nid: .*\n/)?.[0];
  const undated = (text = "") => text.replace(/"at":"[^"]*"/, "").replace(/id: \d+/, "");
  const example = exampleOf("getTranscriptEvents", 200, "text/event-stream");
  expect(undated(event(text))).toBe(undated(event(String(example))));
});

it("the examples of a translation are made of the same segments", async () => {
  const body = '{"translate":["es"]}';
  const asked = await (await ask("addFollowUps", { body })).json();
  expect(timeless(asked)).toEqual(timeless(exampleOf("addFollowUps", 202)));
  const toCome = await (await ask("getTranslation")).json();
  expect(timeless(toCome)).toEqual(timeless(exampleOf("getTranslation", 202)));
  const example = exampleOf("getTranslation", 200) as { segments: unknown[] };
  const lines = example.segments.map((segment) => `${JSON.stringify(segment)}\n`).join("");
  const part = { language: "es", part: 0, lines };
  await putTranslation(env.TRANSCRIPTS, await recordOf(id), part, { next: 2, last: true });
  const key = `beside/${id}/effects/translate:es`;
  const entry = await env.TRANSCRIPTS.head(key);
  const customMetadata = { ...entry?.customMetadata, state: "done" };
  await env.TRANSCRIPTS.put(key, "done", { customMetadata });
  expect(await (await ask("getTranslation")).json()).toEqual(example);
  const captions = await (await ask("getTranslationFile", { params: { format: "vtt" } })).text();
  expect(captions).toBe(exampleOf("getTranslation", 200, "text/vtt"));
});
