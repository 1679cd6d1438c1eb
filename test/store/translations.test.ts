import { env } from "cloudflare:workers";
import { beforeEach, expect, it } from "vitest";
import { parseRequestId, type RequestId } from "../../src/deepgram/request-id.ts";
import { putTombstone } from "../../src/store/erase.ts";
import { listTranslation, putTranslation } from "../../src/store/translations.ts";
import { storedKeys, storedText } from "../support/deliver.ts";

let id: RequestId;

beforeEach(() => {
  id = parseRequestId(crypto.randomUUID()) as RequestId;
});

const put = (lines: string, next: number) =>
  putTranslation(env.TRANSCRIPTS, id, { language: "es", part: 0, lines }, { next, last: false });

it("a part that another one has kept stays, and with it where the next begins", async () => {
  await put("first", 3);
  await put("second", 2);
  const [part, ...others] = await listTranslation(env.TRANSCRIPTS, id, "es");
  expect(part).toMatchObject({ next: 3, last: false });
  expect(others).toEqual([]);
  expect(await storedText(part?.key ?? "")).toBe("first");
});

it("a part that comes after the deletion does not stay", async () => {
  await putTombstone(env.TRANSCRIPTS, id, new Date().toISOString());
  await put("late", 1);
  expect(await storedKeys()).toEqual([`callbacks/${id}`]);
});
