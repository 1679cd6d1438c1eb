import { query } from "../http/query.ts";
import type { Handler } from "../http/route.ts";
import { storageUnavailable } from "../http/storage-unavailable.ts";
import { deadlineIn } from "../lib/deadline.ts";
import { listTranscripts } from "./list.ts";
import { listQuery } from "./list-query.ts";
import { rebuildPage } from "./rebuild.ts";
import { rebuildQuery } from "./rebuild-query.ts";
import { searchQuery } from "./search-query.ts";
import { searchTranscripts } from "./search-transcripts.ts";

const REBUILD_WITHIN_MS = 10_000;

const NO_STORE = { "cache-control": "no-store" };

/** `GET /v1/transcripts`. */
export const getTranscripts: Handler = async (c) => {
  const asked = query(listQuery, c.req.query());
  const page = await listTranscripts(c.env.CATALOGUE, asked).catch(storageUnavailable);
  return c.json(page, 200, NO_STORE);
};

/** `GET /v1/search`. */
export const getSearch: Handler = async (c) => {
  const asked = query(searchQuery, c.req.query());
  const page = await searchTranscripts(c.env.CATALOGUE, asked).catch(storageUnavailable);
  return c.json(page, 200, NO_STORE);
};

/** `POST /v1/catalogue/rebuild`: a part of the work, to be repeated until no cursor is left. */
export const postRebuild: Handler = async (c) => {
  const { cursor = "" } = query(rebuildQuery, c.req.query());
  const deadline = deadlineIn(REBUILD_WITHIN_MS);
  const report = await rebuildPage(c.env, cursor, deadline).catch(storageUnavailable);
  return c.json(report, 200, NO_STORE);
};
