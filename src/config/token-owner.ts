import type { ApiToken, Scope } from "./api-tokens.ts";

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
