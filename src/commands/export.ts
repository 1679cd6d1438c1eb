import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { appendFile, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import * as z from "zod";
import { commandLine } from "./command-line.ts";

const USAGE = `
EXPORT_TOKEN=TOKEN npm run export -- URL FOLDER

Fetches everything that the Worker at URL keeps into FOLDER; run again, it continues where it stopped.
The token has the scopes read and admin. It is in the environment, since other users of the machine see
the command line. Exits with 1 when something could not be fetched, with 2 when it cannot begin.`;

/** One line of `manifest.jsonl`. */
export type Entry = Kept & {
  kind: "transcript" | "failure" | "version" | "translation" | "names" | "status" | "quarantine";
  request_id?: string;
  /** Below the folder. */
  file: string;
  received_at?: string | null;
};

type Exported = {
  /** How many files of each kind there are. */
  counts: Record<string, number>;
  /** How many of them had been fetched before. */
  before: number;
  /** What could not be had, each with the reason. */
  missing: string[];
};

/** A body that is to be fetched, and its digest where the Worker tells it. */
type Wanted = Omit<Entry, keyof Kept> & { path: string; sha256: string | null };

const PAGE = 500;

// What is read of the Worker's answers; a status is kept whole.
const transcriptPage = z.object({
  transcripts: z.array(z.object({ request_id: z.guid() })),
  next_cursor: z.string().nullable(),
});

const digest = z.string().regex(/^[0-9a-f]{64}$/);

const statusParts = z.looseObject({
  state: z.string(),
  received_at: z.string().nullable(),
  sha256: digest.nullable(),
  conflicts: z.array(z.object({ sha256: digest, received_at: z.string() })),
  follow_ups: z.array(z.object({ name: z.string(), state: z.string() })),
});

const speakerNames = z.record(z.string(), z.string());

const TRANSLATION = /^translate:([A-Za-z0-9-]+)$/;

const quarantinePage = z.object({
  quarantine: z.array(z.object({ digest, received_at: z.string() })),
  next_cursor: z.string().nullable(),
});

/**
 * Fetches all that a Worker has of every request into a folder: bodies byte for byte, their other
 * versions, translations, names of speakers, statuses and the quarantine. What is there with the right digest is not
 * fetched again. `manifest.jsonl` is written anew.
 */
export async function exportAll(api: Api, folder: string): Promise<Exported> {
  const exported: Exported = { counts: {}, before: 0, missing: [] };
  const manifest = join(folder, "manifest.jsonl.partial");
  await mkdir(folder, { recursive: true });
  await writeFile(manifest, "");
  for await (const wanted of everything(api, folder)) {
    const { path, sha256, ...entry } = wanted;
    const there = await kept(api, folder, wanted).catch((error: Error) => error.message);
    if (typeof there === "string") {
      exported.missing.push(`${entry.file}: ${there}`);
      continue;
    }
    // A status is written anew each time.
    if (there.wasThere && entry.kind !== "status") exported.before++;
    exported.counts[entry.kind] = (exported.counts[entry.kind] ?? 0) + 1;
    const line: Entry = { ...entry, bytes: there.bytes, sha256: there.sha256 };
    await appendFile(manifest, `${JSON.stringify(line)}\n`);
  }
  await rename(manifest, join(folder, "manifest.jsonl"));
  return exported;
}

async function kept(api: Api, folder: string, { path, file, sha256 }: Wanted) {
  const target = join(folder, file);
  const there = await inspect(target);
  if (there !== null && there.sha256 === sha256) return { ...there, wasThere: true };
  const body = await api.body(path);
  if (body === null) throw new Error("is not given");
  const fetched = await keep(target, body);
  if (sha256 !== null && fetched.sha256 !== sha256) {
    throw new Error(`has the digest ${fetched.sha256}, not ${sha256}`);
  }
  return { ...fetched, wasThere: false };
}

async function* everything(api: Api, folder: string): AsyncGenerator<Wanted> {
  for await (const { transcripts } of pages(api, "/v1/transcripts", transcriptPage)) {
    for (const { request_id } of transcripts) yield* ofRequest(api, folder, request_id);
  }
  for await (const { quarantine } of pages(api, "/v1/quarantine", quarantinePage)) {
    for (const { digest, received_at } of quarantine) {
      const file = `quarantine/${digest}`;
      const path = `/v1/quarantine/${digest}`;
      yield { kind: "quarantine", file, path, sha256: digest, received_at };
    }
  }
}

/** A request without a callback has only its status. */
async function* ofRequest(api: Api, folder: string, id: string): AsyncGenerator<Wanted> {
  const url = `/v1/transcripts/${id}`;
  const status = statusParts.parse(await api.json(`${url}/status`));
  const file = `statuses/${id}.json`;
  await mkdir(dirname(join(folder, file)), { recursive: true });
  await writeFile(join(folder, file), JSON.stringify(status));
  const { sha256: written = null } = (await inspect(join(folder, file))) ?? {};
  const of = { request_id: id, received_at: status.received_at };
  yield { ...of, kind: "status", file, path: `${url}/status`, sha256: written };
  const { state, sha256 } = status;
  const names = state === "deleted" ? {} : speakerNames.parse(await api.json(`${url}/names`));
  if (Object.keys(names).length > 0) {
    yield { ...of, kind: "names", file: `names/${id}.json`, path: `${url}/names`, sha256: null };
  }
  if (sha256 !== null) {
    const kind = state === "failed" ? "failure" : "transcript";
    const path = `${url}.json?version=${sha256}`;
    yield { ...of, kind, file: `transcripts/${id}.json`, path, sha256 };
  }
  for (const { sha256, received_at } of status.conflicts) {
    const file = `transcripts/${id}.${sha256}.json`;
    const path = `${url}.json?version=${sha256}`;
    yield { ...of, kind: "version", file, path, sha256, received_at };
  }
  for (const { name, state } of status.follow_ups) {
    const language = TRANSLATION.exec(name)?.[1];
    if (language === undefined || state !== "done") continue;
    const file = `translations/${id}.${language}.jsonl`;
    const path = `${url}/translations/${language}.jsonl`;
    yield { ...of, kind: "translation", file, path, sha256: null };
  }
}

async function* pages<Page extends { next_cursor: string | null }>(
  api: Api,
  path: string,
  schema: z.ZodType<Page>,
): AsyncGenerator<Page> {
  for (let cursor: string | null = ""; cursor !== null; ) {
    const query = new URLSearchParams({ limit: String(PAGE), ...(cursor && { cursor }) });
    const page: Page = schema.parse(await api.json(`${path}?${query}`));
    yield page;
    cursor = page.next_cursor;
  }
}

/** A file and what is in it; the digest in lower-case hexadecimal. */
type Kept = { bytes: number; sha256: string };

/** What is in a file; null when there is none. */
async function inspect(file: string): Promise<Kept | null> {
  const stream = createReadStream(file);
  try {
    return await measured(stream);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** Writes a body to a file, which is there only once all of it has come. */
async function keep(file: string, body: ReadableStream<Uint8Array>): Promise<Kept> {
  await mkdir(dirname(file), { recursive: true });
  const partial = `${file}.partial`;
  try {
    await pipeline(Readable.fromWeb(body), createWriteStream(partial));
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
  return measured(createReadStream(file));
}

async function measured(chunks: AsyncIterable<Buffer>): Promise<Kept> {
  const digest = createHash("sha256");
  let bytes = 0;
  for await (const chunk of chunks) {
    digest.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, sha256: digest.digest("hex") };
}

/** What a Worker answers to a token of scope admin. */
type Api = {
  /** JSON of any shape. */
  json: (path: string) => Promise<unknown>;
  /** Null where it is not to be had as a body: 404, 410, 422 or 424. */
  body: (path: string) => Promise<ReadableStream<Uint8Array> | null>;
};

const ATTEMPTS = 8;
const RETRY_AFTER_MS = 2_000;
const MAX_RETRY_AFTER_MS = 60_000;
const ABSENT = new Set([404, 410, 422, 424]);

/** Asks again while a Worker is busy or its storage away. Throws on any other answer. */
export function apiOf(origin: URL, token: string): Api {
  const headers = { authorization: `Bearer ${token}`, "accept-encoding": "identity" };
  const ask = async (path: string, attempt = 1): Promise<Response> => {
    const response = await fetch(new URL(path, origin), { headers, redirect: "manual" }).catch(
      (error: Error) => error,
    );
    const isPassing =
      response instanceof Error || response.status === 429 || response.status === 503;
    if (!isPassing) return response;
    if (attempt === ATTEMPTS) {
      const what = response instanceof Error ? response.message : `answers ${response.status}`;
      throw new Error(`${origin.host}${path}: ${what}`);
    }
    const seconds = response instanceof Error ? 0 : Number(response.headers.get("retry-after"));
    await sleep(Math.min(seconds * 1_000 || RETRY_AFTER_MS, MAX_RETRY_AFTER_MS));
    return ask(path, attempt + 1);
  };
  const refused = (path: string, { status }: Response) =>
    new Error(`${origin.host}${path} answers ${status}`);
  return {
    json: async (path) => {
      const response = await ask(path);
      if (!response.ok) throw refused(path, response);
      return response.json();
    },
    body: async (path) => {
      const response = await ask(path);
      if (response.ok && response.body !== null) return response.body;
      await response.body?.cancel();
      if (ABSENT.has(response.status)) return null;
      throw refused(path, response);
    },
  };
}

/** `npm run export` */
async function main(): Promise<void> {
  const { url, folder, token } = commandLine(USAGE, () => {
    const { positionals } = parseArgs({ allowPositionals: true });
    const [address = "", folder = "", surplus] = positionals;
    const url = URL.parse(address);
    const token = process.env.EXPORT_TOKEN ?? "";
    if (url === null || !/^https?:$/.test(url.protocol)) throw new Error("URL is not an address");
    if (folder === "") throw new Error("FOLDER is missing");
    if (surplus !== undefined) throw new Error(`Unexpected argument: ${surplus}`);
    if (token === "") throw new Error("EXPORT_TOKEN is not set");
    return { url, folder, token };
  });

  try {
    const { counts, before, missing } = await exportAll(apiOf(url, token), folder);
    for (const [kind, count] of Object.entries(counts)) console.log(`${count} × ${kind}`);
    console.log(`${before} of them were there before; ${missing.length} could not be had`);
    for (const one of missing) console.error(one);
    process.exitCode = missing.length === 0 ? 0 : 1;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}

if (import.meta.main) await main();
