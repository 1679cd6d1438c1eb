import type { Context } from "hono";
import type { AppEnv } from "../config/app-env.ts";
import { problem } from "../http/problem.ts";
import { log, reasonOf } from "../lib/log.ts";

/** The period of GUESS_RATE_LIMIT in wrangler.toml. */
const RETRY_AFTER_SECONDS = "60";

/**
 * Counts a token that nobody has, and throws a 429 when its address has presented more than 30 of them
 * within a minute. Call it for failures alone, so that a valid token is never refused: Cloudflare's
 * limiter cannot be asked without counting. A limiter that does not answer limits nobody.
 */
export async function countGuess(c: Context<AppEnv>): Promise<void> {
  const key = addressBlock(c.req.header("cf-connecting-ip") ?? "");
  if (await isWithin(c.env.GUESS_RATE_LIMIT, key)) return;
  throw problem(
    429,
    "too_many_invalid_tokens",
    "Too many invalid API tokens came from this address. Wait a minute.",
    {
      headers: { "retry-after": RETRY_AFTER_SECONDS },
    },
  );
}

async function isWithin(limiter: RateLimit, key: string): Promise<boolean> {
  try {
    return (await limiter.limit({ key })).success;
  } catch (error) {
    log("warn", "rate-limit.unavailable", { reason: reasonOf(error) });
    return true;
  }
}

const MAPPED_IPV4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/**
 * What one client has of addresses: an IPv4 address, or the /64 network of an IPv6 address
 * (`2001:db8:0:1::/64`). Text that is neither is returned as it is.
 */
export function addressBlock(address: string): string {
  const mapped = MAPPED_IPV4.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!address.includes(":")) return address;
  const [before = [], after] = address.split("::").map((half) => half.split(":").filter(Boolean));
  const zeros = after === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const groups = [...before, ...Array<string>(zeros).fill("0"), ...(after ?? [])];
  const network = groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
  return `${network.join(":")}::/64`;
}
