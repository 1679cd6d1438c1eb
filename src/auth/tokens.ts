import * as z from "zod";
import { knownScopes, SCOPES } from "../config/api-tokens.ts";
import {
  conflict,
  empty,
  json,
  jsonRequest,
  notFound,
  one,
  shared,
  wrongBody,
} from "../http/describe/answers.ts";
import { type Describe, described } from "../http/describe/operation.ts";
import { problem, storageUnavailable } from "../http/problem.ts";
import { type Handler, jsonBody, type Route } from "../http/route.ts";
import { hex, sha256 } from "../lib/digest.ts";
import { documentOnly } from "../lib/docs-only-schema.ts";

export const tokenName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, "must be made of letters, digits, - and _");

const scopes = z.array(z.enum(SCOPES)).min(1);

/** What is kept of a token that was made at run time: never the token. */
const keptToken = z.object({ name: tokenName, scopes: knownScopes, created_at: z.iso.datetime() });

export type KeptToken = z.infer<typeof keptToken>;

const PREFIX = "tokens/";
const TOKEN_PREFIX = "dgr_";
const TOKEN_BYTES = 32;
const TOKEN = /^dgr_[A-Za-z0-9_-]{43}$/;

const keyOf = async (token: string) => `${PREFIX}${hex(await sha256(token))}`;

/** Makes a token and keeps its SHA-256. It is shown to nobody again. */
export async function createToken(settings: KVNamespace, kept: KeptToken): Promise<string> {
  const bytes = crypto.getRandomValues(new Uint8Array(TOKEN_BYTES));
  const token = TOKEN_PREFIX + bytes.toBase64({ alphabet: "base64url", omitPadding: true });
  // As metadata too: a list then needs no read for each.
  await settings.put(await keyOf(token), JSON.stringify(kept), { metadata: kept });
  return token;
}

/**
 * What is kept of a token, or null. What has not the form of one is not looked up. The look-up by
 * digest tells nothing of the token by its time. KV may show a revoked token for a minute.
 */
export async function findToken(settings: KVNamespace, token: string): Promise<KeptToken | null> {
  return TOKEN.test(token) ? findTokenByDigest(settings, hex(await sha256(token))) : null;
}

/** The same by the SHA-256 of the token, lower-case hexadecimal. */
export async function findTokenByDigest(
  settings: KVNamespace,
  digest: string,
): Promise<KeptToken | null> {
  const kept = await settings.get(`${PREFIX}${digest}`, "json");
  return kept === null ? null : keptToken.parse(kept);
}

/** All tokens made at run time, each with its key. */
export async function listTokens(
  settings: KVNamespace,
): Promise<{ key: string; token: KeptToken }[]> {
  const found: { key: string; token: KeptToken }[] = [];
  let cursor: string | null = null;
  do {
    const page: KVNamespaceListResult<unknown, string> = await settings.list({
      prefix: PREFIX,
      cursor,
    });
    for (const { name, metadata } of page.keys) {
      found.push({ key: name, token: keptToken.parse(metadata) });
    }
    cursor = page.list_complete ? null : page.cursor;
  } while (cursor !== null);
  return found;
}

/** Revokes every token of a name; gives their number. */
export async function revokeTokens(settings: KVNamespace, name: string): Promise<number> {
  const named = (await listTokens(settings)).filter(({ token }) => token.name === name);
  for (const { key } of named) await settings.delete(key);
  return named.length;
}

const newToken = z.strictObject({ name: tokenName, scopes });

const listedTokens = /* @__PURE__ */ documentOnly(() =>
  z
    .object({
      tokens: z.array(
        z.object({
          name: z.string(),
          scopes: z.array(z.enum(SCOPES)),
          source: z.enum(["API_TOKENS", "created"]),
          created_at: z.iso.datetime().nullable(),
        }),
      ),
    })
    .meta({ id: "TokenList" }),
);

const createdToken = /* @__PURE__ */ documentOnly(() =>
  z
    .object({
      name: z.string(),
      scopes: z.array(z.enum(SCOPES)),
      created_at: z.iso.datetime(),
      token: z.string().describe("Shown this once."),
    })
    .meta({ id: "CreatedToken" }),
);

const NO_STORE = { "cache-control": "no-store" };

/** `GET /v1/tokens` */
const getTokens: Handler = async (c) => {
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
const postToken: Handler = async (c) => {
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
const deleteToken: Handler = async (c) => {
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

export const tokensRoute: Route = {
  method: "GET",
  path: "/v1/tokens",
  scope: "admin",
  handle: getTokens,
};

export const newTokenRoute: Route = {
  method: "POST",
  path: "/v1/tokens",
  scope: "admin",
  handle: postToken,
};

export const revokeTokenRoute: Route = {
  method: "DELETE",
  path: "/v1/tokens/:name",
  scope: "admin",
  handle: deleteToken,
};

export const tokensOperation: Describe = () => ({
  route: tokensRoute,
  tag: "Administration",
  operationId: "listTokens",
  summary: "List the API tokens",
  description:
    "Their names and scopes, never themselves: those of the secret `API_TOKENS` and those made at run time.",
  responses: {
    200: json(listedTokens, "The tokens.", {
      examples: one({
        tokens: [
          {
            name: "operator",
            scopes: ["read", "submit", "admin"],
            source: "API_TOKENS",
            created_at: null,
          },
          {
            name: "laptop",
            scopes: ["read"],
            source: "created",
            created_at: "2026-11-24T09:30:00.000Z",
          },
        ],
      }),
    }),
  },
});

export const newTokenOperation: Describe = () => ({
  route: newTokenRoute,
  tag: "Administration",
  operationId: "createToken",
  summary: "Make an API token",
  description:
    "The token is shown this once and kept only as its SHA-256. It may take a minute until it is known everywhere.",
  requestBody: jsonRequest(newToken.meta({ id: "NewToken" }), "Its name and its scopes.", {
    name: "laptop",
    scopes: ["read"],
  }),
  responses: {
    201: json(createdToken, "The token.", {
      examples: one({
        name: "laptop",
        scopes: ["read"],
        created_at: "2026-11-24T09:30:00.000Z",
        token: "dgr_Jb9Q7v0xT3mZk2LwYc5RnH8sUe1AgDf6oPiXqKtBzVM",
      }),
    }),
    400: wrongBody("name must be made of letters, digits, - and _."),
    409: conflict("There is a token of this name.", [
      "token_exists",
      "There is a token of the name laptop; revoke it first or take another name.",
    ]),
    413: shared("BodyTooLarge"),
  },
});

export const revokeTokenOperation: Describe = () => ({
  route: revokeTokenRoute,
  tag: "Administration",
  operationId: "revokeToken",
  summary: "Revoke an API token",
  description: "It may take a minute until it is refused everywhere.",
  params: { name: described(tokenName, "The name.", "laptop") },
  responses: {
    204: empty("It is revoked."),
    404: notFound("There is no token of this name.", [
      "unknown_token",
      "There is no token of this name.",
    ]),
    409: conflict("The token is one of the secret `API_TOKENS`.", [
      "configured_token",
      "The token reader is one of the secret API_TOKENS: take it out there.",
    ]),
  },
});
