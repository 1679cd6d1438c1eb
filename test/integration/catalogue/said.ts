import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { type CatalogueChange, writeCatalogue } from "../../../src/catalogue/catalogue.ts";
import { indexSegments } from "../../../src/catalogue/index-segments.ts";
import { type TranscriptList, transcriptList } from "../../../src/catalogue/list-query.ts";
import { type SearchResult, searchResult } from "../../../src/catalogue/search-query.ts";
import type { Facts } from "../../../src/deepgram/callback.ts";
import type { RequestId } from "../../../src/deepgram/request-id.ts";
import type { CallbackRecord } from "../../../src/store/record.ts";
import type { SegmentSource } from "../../../src/transcript/segments/segment-source.ts";
import { get } from "../../support/get.ts";
import { segment } from "../../unit/transcript/formats/segment.ts";

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

/** Catalogues a transcript and makes what is said in it findable: one segment a text, each a second. */
export async function said(
  texts: readonly string[],
  given: Parameters<typeof upsert>[0] = {},
): Promise<RequestId> {
  const change = upsert(given);
  await writeCatalogue(env.CATALOGUE, [change]);
  await index(
    change,
    texts.map((text, at) => segment(text, at, at + 1)),
  );
  return change.record.requestId;
}

export const index = ({ record }: Upsert, segments: SegmentSource, db = env.CATALOGUE) =>
  indexSegments(db, record.requestId, record.sha256, segments);

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

/** The texts of the first page. */
export const texts = async (q: string, parameters: Record<string, string> = {}) =>
  (await find(q, parameters)).hits.map(({ text }) => text);

/** How many passages the index has of all transcripts together. */
export const passages = () =>
  env.CATALOGUE.prepare("SELECT count(*) AS n FROM search").first<number>("n");

/** Throws unless FTS5 finds its own index and the passages in agreement. */
export const checkIndex = () =>
  env.CATALOGUE.prepare("INSERT INTO search (search, rank) VALUES ('integrity-check', 1)").run();
