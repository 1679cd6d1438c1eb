import type { Answer } from "./call.ts";

/** What became of a request that the Worker should have answered, in words for the operator. */
export type Diagnosis = { what: string; hints: string[] };

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
export function isBlock(answer: Answer): boolean {
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
