import type { Report } from "../config.ts";

export const SCOPES = ["read", "submit", "admin"] as const;

export type Scope = (typeof SCOPES)[number];

export type ApiToken = { name: string; scopes: Scope[]; token: string };

/** Reads entries of the form `name:scopes:token`, scopes joined by `+`. */
export function apiTokens(entries: string[], report: Report): ApiToken[] {
  const tokens: ApiToken[] = [];
  for (const entry of entries) {
    const [, name, list, token] = /^([^:]+):([^:]+):(.+)$/.exec(entry) ?? [];
    const scopes = (list ?? "").split("+");
    if (name && token && scopes.every(isScope)) tokens.push({ name, scopes, token });
    else report("API_TOKENS", "an entry is not name:scopes:token with scopes read, submit, admin");
  }
  return tokens;
}

const isScope = (value: string): value is Scope => SCOPES.some((scope) => scope === value);
