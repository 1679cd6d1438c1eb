import { reasonOf } from "../lib/log.ts";

/**
 * The most that one D1 database holds, in bytes. Cloudflare says 10 GB; a full one reported
 * 9,999,998,976. https://developers.cloudflare.com/d1/platform/limits/
 */
export const MAX_DATABASE_BYTES = 10_000_000_000;

/**
 * Whether D1 refused to write since the database, or all of the account's together, hold as much as
 * they may. https://developers.cloudflare.com/d1/observability/debug-d1/
 */
export const isDatabaseFull = (error: unknown): boolean =>
  /^D1_ERROR: (Exceeded maximum (DB size|account storage)|database or disk is full)/i.test(
    reasonOf(error),
  );
