import { readFileSync } from "node:fs";
import { parseArgs, parseEnv } from "node:util";
import { commandLine } from "./command-line.ts";

const USAGE = `
npm run callback-url [-- --url URL]

Prints a callback URL for one submission to Deepgram, and the curl line that uses it. The Worker at
--url (http://127.0.0.1:8787) makes it. SUBMIT_TOKEN in the environment is a token of scope submit; that
of a local Worker is found in .dev.vars.`;

type Expected = { request_id: string; callback_url: string; deadline_at: string };

const TIMEOUT_MS = 10_000;

const url = commandLine(USAGE, () => {
  const { values } = parseArgs({
    options: { url: { type: "string", default: "http://127.0.0.1:8787" } },
  });
  return new URL(values.url);
});
try {
  print(await expected(url), url);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function expected(url: URL): Promise<Expected> {
  const token = process.env.SUBMIT_TOKEN ?? localToken(url);
  const response = await fetch(new URL("/v1/expected", url), {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: "{}",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url.origin} answered ${response.status}: ${text}`);
  return JSON.parse(text) as Expected;
}

function print({ request_id, callback_url, deadline_at }: Expected, { origin }: URL): void {
  const query = new URLSearchParams({ callback: callback_url, model: "nova-3" });
  console.log(`# The callback URL. Anyone who has it can deliver this one transcript.
${callback_url}

# Submit a recording with it (DEEPGRAM_API_KEY is yours):
curl -H "Authorization: Token $DEEPGRAM_API_KEY" -H "Content-Type: audio/wav" \\
  --data-binary @recording.wav \\
  'https://api.deepgram.com/v1/listen?${query}'

# Then read it here, from the first moment; it is overdue after ${deadline_at}:
curl -L -H "Authorization: Bearer $TOKEN" '${origin}/v1/transcripts/${request_id}.txt?wait=60'`);
}

function localToken({ hostname }: URL): string {
  if (!/^(localhost|127\.[\d.]+|\[::1\])$/.test(hostname)) {
    throw new Error("Set SUBMIT_TOKEN to an API token of scope submit.");
  }
  const { API_TOKENS = "" } = parseEnv(readFileSync(".dev.vars", "utf8"));
  const [, token] = /(?:^|\s)[^:\s]+:[^:\s]*\bsubmit\b[^:\s]*:(\S+)/.exec(API_TOKENS) ?? [];
  if (token === undefined) throw new Error("No token of scope submit is in .dev.vars.");
  return token;
}
