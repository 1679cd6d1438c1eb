import { jobRequestId } from "../../../../src/auth/job-credentials.ts";
import { MEDIA_TYPES } from "../../../../src/read/formats.ts";
import { readBody } from "../../../support/bodies/read-body.ts";
import { deliver } from "../../../support/deliver.ts";
import { ask, guards } from "../ask.ts";
import { awaited, deleted, live, notThere, received, unshowable } from "./states.ts";

const of = (request_id: string) => ({ params: { request_id } });

/** Conditions and ranges, of the raw JSON. */
async function parts(operationId: string, request_id: string, more = {}): Promise<Response[]> {
  const asking = { params: { request_id, ...more } };
  const withHeader = (name: string, value: string) =>
    ask(operationId, { ...asking, headers: { [name]: value } });
  return [
    await withHeader("if-none-match", "*"),
    await withHeader("if-match", '"other"'),
    await withHeader("range", "bytes=0-9"),
    await withHeader("range", "bytes=999999-"),
    await ask(operationId, {
      ...asking,
      headers: { range: "bytes=0-9" },
      query: { download: "" },
    }),
    await ask(operationId, { ...asking, query: { wait: "61" } }),
    await ask(operationId, { ...asking, query: { from: "1" } }),
  ];
}

/** A result of `/v1/read`. */
async function textResult(): Promise<string> {
  const body = readBody();
  await deliver(JSON.stringify(body));
  return body.metadata.request_id;
}

export async function getTranscript(): Promise<Response[]> {
  const id = await received();
  const accept = (type: string, query = {}) =>
    ask("getTranscript", { ...of(id), headers: { accept: type }, query });
  const spoken = of(await live());
  const partial = (headers: Record<string, string>) =>
    ask("getTranscript", { ...spoken, headers, query: { partial: "true" } });
  const text = { ...of(await unshowable()), headers: { accept: "text/plain" } };
  return [
    ...(await Promise.all([...MEDIA_TYPES.values()].map((type) => accept(type)))),
    await accept("text/csv", { download: "" }),
    ...(await Promise.all([...MEDIA_TYPES.values()].map((type) => partial({ accept: type })))),
    await accept("image/png"),
    ...(await parts("getTranscript", id)),
    ...(await Promise.all((await notThere()).map((other) => ask("getTranscript", of(other))))),
    await ask("getTranscript", text),
    await ask("getTranscript", { ...of(await textResult()), headers: { accept: "text/vtt" } }),
    ...(await Promise.all(guards("getTranscript"))),
  ];
}

export async function getTranscriptFile(): Promise<Response[]> {
  const id = await received({ channels: 2, diarize: true, language: "ja" });
  const file = (request_id: string, format: string, query = {}) =>
    ask("getTranscriptFile", { params: { request_id, format }, query });
  return [
    ...(await Promise.all([...MEDIA_TYPES.keys()].map((format) => file(id, format)))),
    await file(await live(), "vtt", { partial: "true" }),
    await file(id, "html", { download: "yes" }),
    await file(id, "exe"),
    ...(await parts("getTranscriptFile", id, { format: "json" })),
    ...(await Promise.all((await notThere()).map((other) => file(other, "srt")))),
    await file(await unshowable(), "vtt"),
    await file(await textResult(), "vtt"),
    ...(await Promise.all(guards("getTranscriptFile"))),
  ];
}

export async function getTranscriptStatus(): Promise<Response[]> {
  const ids = [await received({ extra: { a: "b" }, tags: ["c"] }), ...(await notThere())];
  return [
    ...(await Promise.all(ids.map((id) => ask("getTranscriptStatus", of(id))))),
    await ask("getTranscriptStatus", { query: { wait: "soon" } }),
    ...(await Promise.all(guards("getTranscriptStatus"))),
  ];
}

export async function getTranscriptTimeline(): Promise<Response[]> {
  const ids = [await received(), ...(await notThere())];
  return [
    ...(await Promise.all(ids.map((id) => ask("getTranscriptTimeline", of(id))))),
    ...(await Promise.all(guards("getTranscriptTimeline"))),
  ];
}

export async function getSpeakerNames(): Promise<Response[]> {
  const id = await received();
  const ids = [id, ...(await notThere())];
  return [
    ...(await Promise.all(ids.map((each) => ask("getSpeakerNames", of(each))))),
    await ask("getSpeakerNames", { ...of(id), headers: { "if-none-match": "*" } }),
    await ask("getSpeakerNames", { ...of(id), headers: { "if-match": '"other"' } }),
    ...(await Promise.all(guards("getSpeakerNames"))),
  ];
}

export async function putSpeakerNames(): Promise<Response[]> {
  const name = (request_id: string, body = '{"0:0":"Ana"}', headers = {}) =>
    ask("putSpeakerNames", { ...of(request_id), body, headers });
  const id = await received();
  const ids = [id, ...(await notThere())];
  return [
    ...(await Promise.all(ids.map((each) => name(each)))),
    await name(await awaited("expected", {}, await jobRequestId("x-another-job"))),
    await name(id, '{"a":"Ana"}'),
    await name(id, `"${"x".repeat(70_000)}"`),
    await name(id, "{}", { "if-match": '"other"' }),
    ...(await Promise.all(guards("putSpeakerNames", { body: "{}" }))),
  ];
}

export async function searchTranscript(): Promise<Response[]> {
  const id = await received({ words: 200 });
  const search = (request_id: string, q: string) =>
    ask("searchTranscript", { params: { request_id }, query: { q } });
  return [
    await search(id, "the"),
    await search(id, "xylophone"),
    await search(id, ""),
    ...(await Promise.all((await notThere()).map((other) => search(other, "a")))),
    await search(await unshowable(), "a"),
    ...(await Promise.all(guards("searchTranscript", { query: { q: "a" } }))),
  ];
}

export async function getTranscriptEvents(): Promise<Response[]> {
  const [unknown = "", ...others] = await notThere();
  const ids = [await received(), unknown, ...others];
  const gone = await deleted();
  return [
    ...(await Promise.all(ids.map((id) => ask("getTranscriptEvents", of(id))))),
    await ask("getTranscriptEvents", { query: { wait: "61" } }),
    await ask("getTranscriptEvents", {
      ...of(gone),
      headers: { "last-event-id": `1.${gone.slice(0, 8)}.deleted` },
    }),
    ...(await Promise.all(guards("getTranscriptEvents"))),
  ];
}

export const deleteTranscript = async (): Promise<Response[]> => [
  await ask("deleteTranscript", of(await received())),
  await ask("deleteTranscript", of(crypto.randomUUID())),
  ...(await Promise.all(guards("deleteTranscript"))),
];
