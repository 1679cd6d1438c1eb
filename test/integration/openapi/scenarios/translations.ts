import { env } from "cloudflare:workers";
import { MEDIA_TYPES } from "../../../../src/read/formats.ts";
import { putTranslation } from "../../../../src/store/translations.ts";
import { get } from "../../../support/get.ts";
import { recordOf } from "../../../support/record-of.ts";
import { ask, guards } from "../ask.ts";
import { notThere, received } from "./states.ts";

/** The id of a transcript with a Spanish translation in a state; as src/store/README.md has it. */
async function translated(state: string): Promise<string> {
  const id = await received();
  const lines = await (await get(`/v1/transcripts/${id}.jsonl`)).text();
  const part = { language: "es", part: 0, lines };
  await putTranslation(env.TRANSCRIPTS, await recordOf(id), part, { next: 1, last: true });
  await env.TRANSCRIPTS.put(`beside/${id}/effects/translate:es`, crypto.randomUUID(), {
    customMetadata: {
      effect: JSON.stringify({ channel: "translate", to: "es" }),
      state,
      attempts: "1",
      last_error: state === "failed" ? "the language is not known" : "",
      updated_at: "2026-11-24T08:00:00.000Z",
    },
  });
  return id;
}

export async function getTranslation(): Promise<Response[]> {
  const [id, toCome, impossible] = await Promise.all(["done", "queued", "failed"].map(translated));
  const read = (request_id = "", headers = {}, query = {}) =>
    ask("getTranslation", { params: { request_id }, headers, query });
  return [
    ...(await Promise.all([...MEDIA_TYPES.values()].map((accept) => read(id, { accept })))),
    await read(id, { accept: "text/vtt" }, { download: "" }),
    await read(id, { accept: "image/png" }),
    await read(id, { "if-none-match": "*" }),
    await read(id, { "if-match": '"other"' }),
    await read(id, {}, { from: "2", to: "1" }),
    await read(toCome),
    await read(impossible),
    await read(await received()),
    ...(await Promise.all((await notThere()).map((other) => read(other)))),
    ...(await Promise.all(guards("getTranslation"))),
  ];
}

export async function getTranslationFile(): Promise<Response[]> {
  const [id, toCome, impossible] = await Promise.all(["done", "queued", "failed"].map(translated));
  const read = (request_id = "", format = "srt", headers = {}, query = {}) =>
    ask("getTranslationFile", { params: { request_id, format }, headers, query });
  return [
    ...(await Promise.all([...MEDIA_TYPES.keys()].map((format) => read(id, format)))),
    await read(id, "exe"),
    await read(id, "txt", {}, { download: "" }),
    await read(id, "srt", { "if-none-match": "*" }),
    await read(id, "srt", { "if-match": '"other"' }),
    await read(id, "srt", {}, { from: "2", to: "1" }),
    await read(toCome),
    await read(impossible),
    await read(await received()),
    ...(await Promise.all((await notThere()).map((other) => read(other)))),
    ...(await Promise.all(guards("getTranslationFile"))),
  ];
}
