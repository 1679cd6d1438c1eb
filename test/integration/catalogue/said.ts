import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import type { CatalogueChange } from "../../../src/catalogue/catalogue.ts";
import { type TranscriptList, transcriptList } from "../../../src/catalogue/list-query.ts";
import { monthOf } from "../../../src/catalogue/search/months.ts";
import { type SearchResult, searchResult } from "../../../src/catalogue/search/search-query.ts";
import { updateCatalogue } from "../../../src/catalogue/update-catalogue.ts";
import type { Facts } from "../../../src/deepgram/callback.ts";
import type { RequestId } from "../../../src/deepgram/request-id.ts";
import { sha256 } from "../../../src/lib/digest.ts";
import { headCallback, storeCallback } from "../../../src/store/callbacks.ts";
import type { CallbackRecord } from "../../../src/store/record.ts";
import { get } from "../../support/get.ts";

type Upsert = Extract<CatalogueChange, { change: "upsert" }>;

export const anId = () => crypto.randomUUID() as RequestId;

/** The change that a stored callback makes, one of no interest but for what is given. */
export function upsert(
  given: Partial<Omit<CallbackRecord, "facts">> & { tags?: string[]; facts?: Partial<Facts> } = {},
): Upsert {
  const { tags = [], facts, requestId = anId(), ...record } = given;
  return {
    change: "upsert",
    record: {
      requestId,
      key: `callbacks/${requestId}`,
      etag: "",
      bodyKey: null,
      state: "received",
      kind: "transcript",
      receivedAt: "2026-11-01T00:00:00.000Z",
      bytes: 1,
      sha256: "0".repeat(64),
      facts: null,
      stream: null,
      succession: null,
      ...record,
    },
    facts: {
      duration: 1.5,
      channels: 1,
      models: [],
      languages: [],
      tags,
      extra: {},
      warnings: [],
      error: null,
      ...facts,
    } as Facts,
  };
}

type Utterance = {
  transcript: string;
  start: number;
  end: number;
  channel: number;
  speaker?: number;
};

type Said = { requestId?: RequestId; tags?: string[]; receivedAt?: string; channels?: number };

/** The body of a transcript: one utterance a text, each a second, on one channel after another. */
export function bodyOf(requestId: RequestId, texts: readonly string[], channels = 1): string {
  const utterances = texts.map(
    (transcript, at): Utterance => ({ transcript, start: at, end: at + 1, channel: at % channels }),
  );
  const results = { channels: Array.from({ length: channels }, () => ({})), utterances };
  return JSON.stringify({ metadata: { request_id: requestId }, results });
}

/** Stores what is said as a callback that came at a time; nothing knows of it yet. */
export async function stored(texts: readonly string[], given: Said = {}): Promise<Upsert> {
  const { requestId = anId(), tags = [], receivedAt = "2026-11-01T00:00:00.000Z" } = given;
  const held = new TextEncoder().encode(bodyOf(requestId, texts, given.channels));
  const digest = new Uint8Array(await sha256(held)).toHex();
  const { record, facts } = upsert({ requestId, tags, receivedAt, sha256: digest });
  await storeCallback(env.TRANSCRIPTS, { ...record, facts }, { held });
  const current = await headCallback(env.TRANSCRIPTS, requestId);
  if (current === null || current.state === "deleted") throw new Error("it was not stored");
  return { change: "upsert", record: current, facts };
}

/** The same, listed and made findable. */
export async function said(texts: readonly string[], given: Said = {}): Promise<RequestId> {
  const change = await stored(texts, given);
  await updateCatalogue(env, [change]);
  return change.record.requestId;
}

const path = (route: string, parameters: Record<string, string>) =>
  `${route}?${new URLSearchParams(parameters)}`;

export async function list(parameters: Record<string, string> = {}): Promise<TranscriptList> {
  const response = await get(path("/v1/transcripts", parameters));
  expect(response.status).toBe(200);
  return transcriptList.strict().parse(await response.json());
}

export async function find(
  q: string,
  parameters: Record<string, string> = {},
): Promise<SearchResult> {
  const response = await get(path("/v1/search", { q, ...parameters }));
  expect(response.status).toBe(200);
  return searchResult.strict().parse(await response.json());
}

/** The texts of the hits on the first page. */
export const texts = async (q: string, parameters: Record<string, string> = {}) =>
  (await find(q, parameters)).transcripts.flatMap(({ hits }) => hits.map(({ text }) => text));

/** The ids of the first page. */
export const ids = async (q: string, parameters: Record<string, string> = {}) =>
  (await find(q, parameters)).transcripts.map(({ request_id }) => request_id);

/** How many transcripts, and rows of words, the index of a month has. */
export const indexed = (month = monthOf(new Date().toISOString())) =>
  runInDurableObject(env.SEARCH_INDEX.getByName(month), (_, { storage }) => {
    const count = (table: string) =>
      storage.sql.exec<{ n: number }>(`SELECT count(*) AS n FROM ${table}`).one().n;
    const tables = storage.sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'words'");
    if (tables.toArray().length === 0) return { transcripts: 0, rows: 0 };
    return { transcripts: count("transcripts"), rows: count("words_docsize") };
  });
