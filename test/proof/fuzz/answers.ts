import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { timeout } from "../../../src/lib/timeout.ts";
import { WEBHOOK_SECRET } from "../../support/webhook-secret.ts";

export const SIGNING_KEYS = "a-signing-key-of-the-tests-0123456789";
export const DEEPGRAM_KEY = "a-deepgram-key-that-nobody-may-see";

/** A limiter that lets through: the real one would refuse most requests. */
export const API_RATE_LIMIT = { limit: async () => ({ success: true }) } as RateLimit;

const SECRETS = [
  ...["first-password", "second:password", "first-secret", "second-secret"],
  ...["read-token", "admin-token", SIGNING_KEYS, DEEPGRAM_KEY, WEBHOOK_SECRET],
];

const STACK =
  /\n\s+at .*[:(]|(?<!<title>)\b\w*Error: |\bsrc\/\w+\/.*\.ts|D1_ERROR|SQLITE_|node_modules/;

const ANSWER_WITHIN_MS = 15_000;

const isOfPage = (path: string) => !/^\/(v1|hook|health|openapi\.json|docs)(\/|$|\?)/.test(path);

/** The text of an answer; of one without end its first part. */
async function textOf(response: Response): Promise<string> {
  if (!response.headers.get("content-type")?.startsWith("text/event-stream")) {
    return response.text();
  }
  const reader = response.body?.getReader();
  const first = await Promise.race([reader?.read(), scheduler.wait(50)]);
  await reader?.cancel();
  return new TextDecoder().decode(first?.value);
}

/**
 * Rejects unless an answer came in time, is no 500, its error is problem details (or a page; or, of
 * `/v1/listen`, Deepgram's own), and neither secrets nor what only the log may say is in it.
 */
export async function checkAnswer(
  answering: Promise<Response>,
  path: string,
): Promise<{ status: number; text: string }> {
  const response = await timeout(answering, ANSWER_WITHIN_MS, "the answer");
  const { status, headers, webSocket } = response;
  webSocket?.accept();
  webSocket?.close();
  const text = webSocket ? "" : await timeout(textOf(response), ANSWER_WITHIN_MS, "its body");
  expect(status, text.slice(0, 300)).not.toBe(500);
  expect(status).not.toBe(429);
  // The storage is well: nothing that is asked makes it refuse.
  if (status === 503) expect(text).not.toMatch(/storage does not answer|could not be stored/);
  if (status >= 400) {
    const type = headers.get("content-type") ?? "";
    const isForwarded = path.startsWith("/v1/listen") && type.startsWith("application/json");
    const isPage = isOfPage(path) && type.startsWith("text/html");
    if (!isForwarded && !isPage) expect(type, text).toBe("application/problem+json");
  }
  const shown = `${JSON.stringify([...headers])}\n${text}`;
  for (const secret of SECRETS) expect(shown.includes(secret), secret).toBe(false);
  expect(STACK.exec(text)?.[0]).toBeUndefined();
  return { status, text };
}

// Refused callbacks are counted there: one row for five minutes, at most a hundred.
const COUNTED = /^(signals|d1_migrations|_cf_|sqlite_|search_)/;

/** All that is kept: keys of R2 and KV, and how many rows each table has. */
export async function kept(): Promise<unknown> {
  const objects = await env.TRANSCRIPTS.list();
  const settings = await env.SETTINGS.list();
  const tables = await env.CATALOGUE.prepare(
    "SELECT name FROM sqlite_schema WHERE type = 'table'",
  ).all<{ name: string }>();
  const rows: Record<string, unknown> = {};
  for (const { name } of tables.results) {
    if (COUNTED.test(name)) continue;
    rows[name] = await env.CATALOGUE.prepare(`SELECT COUNT(*) FROM "${name}"`).first("COUNT(*)");
  }
  return {
    objects: objects.objects.map(({ key, etag }) => `${key} ${etag}`),
    settings: settings.keys.map(({ name }) => name),
    rows,
  };
}
