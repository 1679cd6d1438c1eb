import { env } from "cloudflare:workers";
import { beforeEach, expect, it } from "vitest";
import { parseRequestId, type RequestId } from "../../../src/deepgram/request-id.ts";
import { writeTombstone } from "../../../src/store/erase.ts";
import { listTranslation, putTranslation } from "../../../src/store/translations.ts";
import { storedKeys, storedText } from "../../support/deliver.ts";

let id: RequestId;

beforeEach(() => {
  id = parseRequestId(crypto.randomUUID()) as RequestId;
});

const body = (sha256 = "0".repeat(64)) => ({ requestId: id, sha256, succession: null });

const put = (lines: string, next: number) =>
  putTranslation(
    env.TRANSCRIPTS,
    body(),
    { language: "es", part: 0, lines },
    { next, last: false },
  );

it("a part that another one has kept stays, and with it where the next begins", async () => {
  await put("first", 3);
  await put("second", 2);
  const [part, ...others] = await listTranslation(env.TRANSCRIPTS, body(), "es");
  expect(part).toMatchObject({ next: 3, last: false });
  expect(others).toEqual([]);
  expect(await storedText(part?.key ?? "")).toBe("first");
});

it("parts of another body are not among them", async () => {
  await put("first", 3);
  expect(await listTranslation(env.TRANSCRIPTS, body("1".repeat(64)), "es")).toEqual([]);
});

it("parts from before their keys had a digest are of the first body alone, in order", async () => {
  await putTranslation(
    env.TRANSCRIPTS,
    body(),
    { language: "es", part: 1, lines: "second" },
    { next: 2, last: true },
  );
  const customMetadata = { next: "1", last: "false" };
  const key = `beside/${id}/translations/es/000000.jsonl`;
  await env.TRANSCRIPTS.put(key, "first", { customMetadata });
  const listed = await listTranslation(env.TRANSCRIPTS, body(), "es");
  expect(listed.map(({ last }) => last)).toEqual([false, true]);
  const succession = {
    revision: 1,
    replaced: "",
    states: [],
    firstReceivedAt: "",
    promotedAt: null,
  };
  const later = { ...body("1".repeat(64)), succession };
  expect(await listTranslation(env.TRANSCRIPTS, later, "es")).toEqual([]);
});

it("a part that comes after the deletion does not stay", async () => {
  await writeTombstone(env.TRANSCRIPTS, id, new Date().toISOString(), null);
  await put("late", 1);
  expect(await storedKeys()).toEqual([`callbacks/${id}`]);
});
