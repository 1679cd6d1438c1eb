import { setTimeout as sleep } from "node:timers/promises";
import { bearer, call, jsonOf, reasonOf } from "./call.ts";
import type { Finding, SmokeOptions } from "./smoke.ts";

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
