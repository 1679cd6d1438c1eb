import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { request as httpsRequest } from "node:https";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import type { Finding, SmokeOptions } from "./smoke.ts";

export type Answer = { status: number; headers: IncomingHttpHeaders; body: Buffer };

/** As long may a body of 4 MiB take over a slow line. */
const TIMEOUT_MS = 60_000;

/**
 * One request as Deepgram makes it: with no header but the given ones, so without a User-Agent, and
 * without following redirects. Rejects when no answer comes within a minute.
 */
export async function call(
  url: URL,
  { method = "GET", headers = {}, body }: Call = {},
): Promise<Answer> {
  const request = url.protocol === "https:" ? httpsRequest : httpRequest;
  const isAnnounced = body !== undefined && headers["transfer-encoding"] === undefined;
  const length = isAnnounced ? { "content-length": body.length } : {};
  const options = { method, headers: { ...headers, ...length }, agent: false as const };
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  return new Promise((resolve, reject) => {
    const sent = request(url, { ...options, signal }, (response) => {
      const { statusCode = 0, headers } = response;
      buffer(response).then((body) => resolve({ status: statusCode, headers, body }), reject);
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** Headers of an operator's request, with an API token. */
export const bearer = (token: string) => ({ ...AGENT, authorization: `Bearer ${token}` });

export const AGENT = { "user-agent": "deepgram-edge-receiver-smoke" };

export const reasonOf = (error: unknown) =>
  error instanceof Error ? error.message : String(error);

/** The body of an answer; null when it is not JSON. */
export function jsonOf<Value>({ body }: Answer): Partial<Value> | null {
  try {
    return JSON.parse(body.toString()) as Partial<Value> | null;
  } catch {
    return null;
  }
}

type Call = { method?: string; headers?: Record<string, string>; body?: Buffer };

const POLL_MS = 1_000;
/** Of as many connections: a version is not on all of Cloudflare's machines at the same moment. */
const ANSWERS_IN_A_ROW = 3;

type Health = { version?: string; storage?: object };

/**
 * Waits until the given version answers, as `/health` tells operators, or `waitMs` is over. `ok` is
 * null when the token is not one of theirs, and false when another version answers still.
 */
export async function awaitVersion(options: SmokeOptions, version: string): Promise<Finding> {
  const deadline = performance.now() + options.waitMs;
  let inARow = 0;
  for (;;) {
    const seen = await answering(options);
    if (seen === "hidden") {
      return { ok: null, what: "which version answers is not seen: the token has no scope admin" };
    }
    inARow = seen === version ? inARow + 1 : 0;
    if (inARow === ANSWERS_IN_A_ROW) return { ok: true, what: `version ${version} answers` };
    if (inARow === 0) {
      if (performance.now() >= deadline) return late(version, seen);
      await sleep(POLL_MS);
    }
  }
}

/** The id of the version, or what stands in its place. */
async function answering({ url, token }: SmokeOptions): Promise<string> {
  const answer = await call(new URL("/health", url), { headers: bearer(token) }).catch(reasonOf);
  if (typeof answer === "string") return answer;
  const health = jsonOf<Health & { problems: unknown }>(answer);
  if (!Array.isArray(health?.problems)) return `${answer.status}`;
  if (health.storage === undefined) return "hidden";
  return health.version ?? "one that does not tell its id";
}

const late = (version: string, seen: string): Finding => ({
  ok: false,
  what: `version ${version} does not answer yet, but ${seen}`,
  hints: [
    "It is deployed. What follows would try another version: run npm run smoke in a few minutes.",
  ],
});

/** What became of a request that the Worker should have answered, in words for the operator. */
type Diagnosis = { what: string; hints: string[] };

/**
 * Why a callback without a User-Agent did not come through. `withUserAgent` is the answer to the same
 * request with one, which tells Browser Integrity Check from other obstacles. Cloudflare's blocks are
 * known by `cf-mitigated`, by "error code: 1010" (Browser Integrity Check) or by a page of HTML.
 */
export function diagnose(url: URL, answer: Answer, withUserAgent: Answer | null): Diagnosis {
  const { status, headers } = answer;
  if (isRedirect(answer)) return redirected(url, answer);
  if (isBlock(answer)) {
    if (withUserAgent !== null && !isBlock(withUserAgent)) return integrityCheck(url, answer);
    return {
      what: `${status} by Cloudflare, before the Worker ran, with and without a User-Agent`,
      hints: [
        "Security → Events in Cloudflare's dashboard names what challenged or blocked it. A rule of the",
        "WAF, Access, Under Attack or Super Bot Fight Mode can let /hook pass. Bot Fight Mode of the Free",
        "plan cannot be skipped by any rule: turn it off, or give Deepgram the workers.dev address.",
      ],
    };
  }
  const detail = detailOf(answer);
  if (status === 401) {
    return {
      what: "401: the credentials are not those of this Worker",
      hints: ["CALLBACK_CREDENTIALS must hold them; the values of .dev.vars.example never do."],
    };
  }
  if (detail === null) {
    const type = headers["content-type"] ?? "nothing";
    return {
      what: `${status} with ${type}: not an answer of this Worker`,
      hints: [`Is the Worker at ${url.origin}?`],
    };
  }
  return { what: `${status}: ${detail}`, hints: [] };
}

/** The detail of one of our problems (RFC 9457), null of any other answer. */
export function detailOf({ headers, body }: Answer): string | null {
  if (!headers["content-type"]?.startsWith("application/problem+json")) return null;
  try {
    const { detail } = JSON.parse(body.toString()) as { detail?: unknown };
    return typeof detail === "string" ? detail : null;
  } catch {
    return null;
  }
}

const isRedirect = ({ status }: Answer) => status >= 300 && status < 400;

/** Whether Cloudflare answered in the Worker's place. */
function isBlock(answer: Answer): boolean {
  const { status, headers, body } = answer;
  if (headers["cf-mitigated"] !== undefined) return true;
  if (status < 400 || detailOf(answer) !== null) return false;
  if (/error code: 1\d{3}/i.test(body.toString())) return true;
  const isPage = headers["content-type"]?.startsWith("text/html") === true;
  return isPage && headers.server === "cloudflare" && [403, 429, 503].includes(status);
}

function redirected(url: URL, { status, headers }: Answer): Diagnosis {
  const target = URL.parse(headers.location ?? "", url.href);
  const toHttps = url.protocol === "http:" && target?.protocol === "https:";
  const isSameHost = target?.host === url.host;
  return {
    what: `${status} to ${target?.href ?? "nowhere"}`,
    hints: [
      toHttps && isSameHost
        ? `Callback URLs must begin with ${target.origin}: do not count on Deepgram following redirects.`
        : "A redirect is not a 2xx: a rule, or Cloudflare Access, stands before the Worker. Let /hook pass.",
    ],
  };
}

function integrityCheck({ host }: URL, { status }: Answer): Diagnosis {
  const expression = `(http.host eq "${host}" and starts_with(http.request.uri.path, "/hook"))`;
  const rule = { action: "set_config", action_parameters: { bic: false }, expression };
  return {
    what: `${status} by Cloudflare's Browser Integrity Check, before the Worker ran`,
    hints: [
      "Without a User-Agent the request is turned away, with one it passes; Deepgram sends none.",
      "Every callback to this address is lost. Switch the check off for /hook:",
      `  Cloudflare's dashboard → the zone of ${host} → Rules → Create rule → Configuration Rule`,
      `  When incoming requests match: ${expression}`,
      "  Then: Browser Integrity Check → Off. Deploy.",
      "By the API (Rulesets, phase http_config_settings) the rule is",
      `  ${JSON.stringify(rule)}`,
    ],
  };
}
