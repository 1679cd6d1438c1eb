import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs, parseEnv } from "node:util";
import { type RebuildReport, rebuildReport } from "../catalogue/rebuild-query.ts";
import { commandLine } from "./command-line.ts";

const USAGE = `
npm run rebuild-catalogue [-- --url URL] [--ranges DIGITS] [--at-once N]

Rebuilds the lists and the search of the Worker at --url (http://127.0.0.1:8787) from R2, part by part.
--ranges DIGITS  only transcripts whose request_id begins with one of these hexadecimal digits
--at-once N      how many ranges are worked through side by side, 1 to 16 (4)
ADMIN_TOKEN in the environment is a token of scope admin; that of a local Worker is found in .dev.vars.`;

const MAX_ATTEMPTS = 5;
const RETRY_AFTER_MS = 5_000;
/** A part takes about ten seconds, more when a transcript is very large. */
const TIMEOUT_MS = 300_000;

const RANGES = "0123456789abcdef";

const options = commandLine(USAGE, () => {
  const { values } = parseArgs({
    options: {
      url: { type: "string", default: "http://127.0.0.1:8787" },
      ranges: { type: "string", default: RANGES },
      "at-once": { type: "string", default: "4" },
    },
  });
  const atOnce = Number(values["at-once"]);
  if (!/^[0-9a-f]+$/.test(values.ranges)) throw new Error("--ranges takes hexadecimal digits");
  if (!(Number.isInteger(atOnce) && atOnce >= 1 && atOnce <= RANGES.length)) {
    throw new Error("--at-once takes a number from 1 to 16");
  }
  const url = new URL("/v1/catalogue/rebuild", values.url);
  return { url, ranges: [...new Set(values.ranges)], atOnce };
});
try {
  await rebuild(options);
} catch (error) {
  console.error(reasonOf(error));
  process.exitCode = 1;
}

type Options = { url: URL; ranges: readonly string[]; atOnce: number };

async function rebuild({ url, ranges, atOnce }: Options): Promise<void> {
  const token = process.env.ADMIN_TOKEN ?? localToken(url);
  const failed: string[] = [];
  const errors: unknown[] = [];
  const waiting = [...ranges];
  const unfinished = new Set(ranges);
  let [transcripts, removed] = [0, 0];
  const soFar = () => `${transcripts} callbacks read, ${removed} rows without one removed`;
  const left = () => `Not finished: continue with --ranges ${[...unfinished].join("")}`;
  process.once("SIGINT", () => {
    console.error(left());
    process.exit(130);
  });
  const add = (report: RebuildReport) => {
    transcripts += report.transcripts;
    removed += report.removed;
    failed.push(...report.failed);
    if (report.cursor !== null) console.log(soFar());
    for (const key of report.failed) console.error(`${key} cannot be read; the log has the reason`);
  };
  const work = async () => {
    for (let range = waiting.shift(); range !== undefined; range = waiting.shift()) {
      await rebuildRange(url, token, range, add);
      unfinished.delete(range);
    }
  };
  await Promise.all(
    Array.from({ length: atOnce }, () => work().catch((error) => errors.push(error))),
  );
  console.log(soFar());
  if (errors.length > 0) {
    console.error(left());
    throw errors[0];
  }
  if (failed.length > 0) throw new Error(`${failed.length} could not be read.`);
}

/** All parts of the callbacks whose id begins with a digit. */
async function rebuildRange(
  url: URL,
  token: string,
  range: string,
  add: (report: RebuildReport) => void,
): Promise<void> {
  let cursor = "";
  do {
    const own = new URL(url);
    own.search = new URLSearchParams({ range, ...(cursor && { cursor }) }).toString();
    const report = await part(own, token);
    add(report);
    cursor = report.cursor ?? "";
  } while (cursor !== "");
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
