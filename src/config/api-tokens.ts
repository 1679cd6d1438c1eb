import * as z from "zod";
import type { Report } from "./config.ts";

export const SCOPES = ["read", "submit", "admin"] as const;

export type Scope = (typeof SCOPES)[number];

export type ApiToken = { name: string; scopes: Scope[]; token: string };

const MIN_TOKEN_CHARS = 16;

/**
 * Reads entries of the form `name:scopes:token`, scopes joined by `+`. In production a token that is
 * short enough to be guessed is refused.
 */
export function apiTokens(
  entries: string[],
  environment: "local" | "production",
  report: Report,
): ApiToken[] {
  const tokens: ApiToken[] = [];
  for (const entry of entries) {
    const [, name, list, token] = /^([^:]+):([^:]+):(.+)$/.exec(entry) ?? [];
    const scopes = (list ?? "").split("+");
    if (!name || !token || !scopes.every(isScope)) {
      report("API_TOKENS", "an entry is not name:scopes:token with scopes read, submit, admin");
    } else if (environment !== "local" && token.length < MIN_TOKEN_CHARS) {
      report("API_TOKENS", `the token of ${name} has fewer than ${MIN_TOKEN_CHARS} characters`);
    } else tokens.push({ name, scopes, token });
  }
  return tokens;
}

const isScope = (value: string): value is Scope => SCOPES.some((scope) => scope === value);

/** Scopes as they were stored; one of a newer version allows nothing here. */
export const knownScopes = z.array(z.string()).transform((names) => names.filter(isScope));
