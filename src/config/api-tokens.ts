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

/** The owner of an API token, who makes a request. */
export type TokenOwner = Readonly<{
  /** Names the token in what is stored; see `tokenId`. */
  tokenId: string;
  /** For people. A revoked token and the one made after it may share it. */
  name: string;
  scopes: readonly Scope[];
}>;

/**
 * The identity of a token in what is stored: `name` for one of `API_TOKENS`, `name:created_at` for one
 * made at run time, so that a token made again under the same name is another one. Configured names
 * hold no colon, so the two never meet. A configured name may have characters outside ASCII.
 */
export const tokenId = (name: string, createdAt: string | null): string =>
  createdAt === null ? name : `${name}:${createdAt}`;

/** The name in the identity of a token, for people. */
export const tokenNameOf = (id: string): string => id.split(":")[0] ?? id;

/** Whether the token is one of `API_TOKENS`. */
export const isConfigured = ({ tokenId, name }: TokenOwner): boolean => tokenId === name;

export const ownerOf = (
  token: Pick<ApiToken, "name" | "scopes"> & { created_at?: string },
): TokenOwner => ({
  tokenId: tokenId(token.name, token.created_at ?? null),
  name: token.name,
  scopes: token.scopes,
});
