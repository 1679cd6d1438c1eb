import type { Context } from "hono";
import type * as z from "zod";
import type { Scope } from "../config/api-tokens.ts";
import type { AppEnv } from "../config/app-env.ts";

export type Handler = (c: Context<AppEnv>) => Response | Promise<Response>;

/** One operation of the interface. */
export type Route = {
  /** `GET` answers `HEAD` too. */
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** In Hono's form: `/v1/transcripts/:request_id/status`. */
  path: string;
  /** What the token must have, all of it; null where none is asked for: open, or verified in another way. */
  scope: Scope | readonly Scope[] | null;
  /**
   * The schemas of the query; none where it has no parameters. Under `/v1/` any other parameter is
   * refused, unless it is `any`.
   */
  query?: readonly z.ZodType[] | "any";
  /** What is opened by it rather than read: `Allow` does not list the method. */
  opens?: "websocket";
  handle: Handler;
};

/** Who sends a transcript to others, or opens it to them, must be allowed to read it. */
export const SUBMIT_AND_READ = ["submit", "read"] as const;

/** The scopes that a route asks for, as a list. */
export const scopesOf = (scope: Route["scope"]): readonly Scope[] =>
  scope === null ? [] : typeof scope === "string" ? [scope] : scope;

/** The methods of all routes at one path, as `Allow` (RFC 9110, section 10.2.1) lists them. */
export function allowOf(routes: readonly Route[], path: string): string {
  return routes
    .filter((route) => route.path === path && route.opens === undefined)
    .map(({ method }) => (method === "GET" ? "GET, HEAD" : method))
    .join(", ");
}
