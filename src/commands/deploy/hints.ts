/**
 * What to do about errors of Cloudflare's API that have nothing to do with this Worker, by their codes
 * as wrangler prints them.
 */
const HINTS: Record<string, string> = {
  10000: `The API token lacks a permission. The template "Edit Cloudflare Workers" has neither D1 nor
Queues: add Account > D1 > Edit and Account > Queues > Edit.`,
  10015: "The plan of the account does not include it: it takes Workers Paid.",
  10042: `R2 is not enabled in this account. Enable it once, in the dashboard:
https://dash.cloudflare.com/?to=/:account/r2/overview`,
  10089: `Analytics Engine is not enabled in this account. Enable it once, in the dashboard:
https://dash.cloudflare.com/?to=/:account/workers/analytics-engine`,
};

/** Advice on what wrangler has printed, each on a line of its own; empty when there is none. */
export function hintsOn(output: string): string {
  const codes = [...output.matchAll(/\[code: (\d+)\]/g)].map(([, code = ""]) => code);
  return [...new Set(codes)].map((code) => (HINTS[code] ? `\n${HINTS[code]}` : "")).join("");
}
