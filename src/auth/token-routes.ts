import * as z from "zod";
import { SCOPES } from "../config/api-tokens.ts";
import { jsonBody } from "../http/json-body.ts";
import { problem } from "../http/problem.ts";
import type { Handler } from "../http/route.ts";
import { storageUnavailable } from "../http/storage-unavailable.ts";
import { createToken, listTokens, revokeTokens, scopes, tokenName } from "./tokens.ts";

export const newToken = z.strictObject({ name: tokenName, scopes });

export const listedTokens = z.object({
  tokens: z.array(
    z.object({
      name: z.string(),
      scopes: z.array(z.enum(SCOPES)),
      source: z.enum(["API_TOKENS", "created"]),
      created_at: z.iso.datetime().nullable(),
    }),
  ),
});

export const createdToken = z.object({
  name: z.string(),
  scopes: z.array(z.enum(SCOPES)),
  created_at: z.iso.datetime(),
  token: z.string().describe("Shown this once."),
});

const NO_STORE = { "cache-control": "no-store" };

/** `GET /v1/tokens` */
export const getTokens: Handler = async (c) => {
  const created = await listTokens(c.env.SETTINGS).catch(storageUnavailable);
  const tokens: z.infer<typeof listedTokens>["tokens"] = [
    ...c.var.config.apiTokens.map(({ name, scopes }) => ({
      name,
      scopes,
      source: "API_TOKENS" as const,
      created_at: null,
    })),
    ...created.map(({ token }) => ({ ...token, source: "created" as const })),
  ];
  return c.json({ tokens }, 200, NO_STORE);
};

/** `POST /v1/tokens` */
export const postToken: Handler = async (c) => {
  const { name, scopes } = await jsonBody(newToken, c.req.raw);
  const created = await listTokens(c.env.SETTINGS).catch(storageUnavailable);
  const names = [...c.var.config.apiTokens, ...created.map(({ token }) => token)];
  if (names.some((known) => known.name === name)) {
    throw problem(
      409,
      "token_exists",
      `There is a token of the name ${name}; revoke it first or take another name.`,
    );
  }
  const kept = { name, scopes: [...new Set(scopes)], created_at: new Date().toISOString() };
  const token = await createToken(c.env.SETTINGS, kept).catch(storageUnavailable);
  return c.json({ ...kept, token } satisfies z.infer<typeof createdToken>, 201, NO_STORE);
};

/** `DELETE /v1/tokens/{name}` */
export const deleteToken: Handler = async (c) => {
  const name = c.req.param("name") ?? "";
  const revoked = await revokeTokens(c.env.SETTINGS, name).catch(storageUnavailable);
  if (revoked > 0) return c.body(null, 204);
  if (c.var.config.apiTokens.some((token) => token.name === name)) {
    throw problem(
      409,
      "configured_token",
      `The token ${name} is one of the secret API_TOKENS: take it out there.`,
    );
  }
  throw problem(404, "unknown_token", "There is no token of this name.");
};
