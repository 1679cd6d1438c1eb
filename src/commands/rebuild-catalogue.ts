import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs, parseEnv } from "node:util";
import { type RebuildReport, rebuildReport } from "../catalogue/rebuild-query.ts";
import { commandLine } from "./command-line.ts";

const USAGE = `
npm run rebuild-catalogue [-- --url URL]

Rebuilds the catalogue in D1 of the Worker at --url (http://127.0.0.1:8787) from R2, part by part.
ADMIN_TOKEN in the environment is a token of scope admin; that of a local Worker is found in .dev.vars.`;

const MAX_ATTEMPTS = 5;
const RETRY_AFTER_MS = 5_000;
/** A part takes about ten seconds, more when a transcript is very large. */
const TIMEOUT_MS = 300_000;

const url = commandLine(USAGE, () => {
  const { values } = parseArgs({
    options: { url: { type: "string", default: "http://127.0.0.1:8787" } },
  });
  return new URL("/v1/catalogue/rebuild", values.url);
});
try {
  await rebuild(url);
} catch (error) {
  console.error(reasonOf(error));
  process.exitCode = 1;
}

async function rebuild(url: URL): Promise<void> {
  const token = process.env.ADMIN_TOKEN ?? localToken(url);
  const failed: string[] = [];
  let [transcripts, removed] = [0, 0];
  do {
    const report = await part(url, token);
    transcripts += report.transcripts;
    removed += report.removed;
    failed.push(...report.failed);
    console.log(`${transcripts} callbacks read, ${removed} rows without one removed`);
    for (const key of report.failed) console.error(`${key} cannot be read; the log has the reason`);
    url.searchParams.set("cursor", report.cursor ?? "");
  } while (url.searchParams.get("cursor") !== "");
  if (failed.length > 0) throw new Error(`${failed.length} could not be read.`);
}

/** One part; while the storage does not answer it is asked for again. */
async function part(url: URL, token: string, attempt = 1): Promise<RebuildReport> {
  const response = await fetch(url, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (response.ok) return rebuildReport.parse(await response.json());
  const text = await response.text();
  if (response.status === 503 && attempt < MAX_ATTEMPTS) {
    await sleep(RETRY_AFTER_MS);
    return part(url, token, attempt + 1);
  }
  throw new Error(`${url.origin} answered ${response.status}: ${text.slice(0, 500)}`);
}

function localToken({ hostname }: URL): string {
  if (!/^(localhost|127\.[\d.]+|\[::1\])$/.test(hostname)) {
    throw new Error("Set ADMIN_TOKEN to an API token of scope admin.");
  }
  const { API_TOKENS = "" } = parseEnv(readFileSync(".dev.vars", "utf8"));
  for (const entry of API_TOKENS.split(/\s+/)) {
    const [, scopes = "", token] = /^[^:]+:([^:]+):(.+)$/.exec(entry) ?? [];
    if (token && scopes.split("+").includes("admin")) return token;
  }
  throw new Error("API_TOKENS in .dev.vars has no token of scope admin.");
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // What fetch throws says why only in its cause.
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
