import { createMiddleware } from "hono/factory";
import type { AppEnv } from "../app-env.ts";
import type { ApiToken, Scope } from "../config/api-tokens.ts";
import { findSecret } from "../secrets.ts";
import { problem } from "./problem.ts";

/** Lets a request pass whose token (`Authorization: Bearer` or Deepgram's `Token`) has the scope. */
export const requireScope = (scope: Scope) =>
  createMiddleware<AppEnv>(async (c, next) => {
    const { apiTokens } = c.var.config;
    if (apiTokens.length === 0) {
      throw problem(503, "No API tokens are configured.", { headers: { "retry-after": "60" } });
    }
    const token = await authenticate(c.req.header("authorization"), apiTokens);
    if (token === null) {
      throw problem(401, "A valid API token is needed: Authorization: Bearer TOKEN.", {
        headers: { "www-authenticate": 'Bearer realm="transcripts"' },
      });
    }
    if (!token.scopes.includes(scope)) {
      throw problem(403, `The token has not the scope ${scope}.`, {
        headers: {
          "www-authenticate": `Bearer realm="transcripts", error="insufficient_scope", scope="${scope}"`,
        },
      });
    }
    await next();
  });

async function authenticate(
  authorization: string | undefined,
  tokens: readonly ApiToken[],
): Promise<ApiToken | null> {
  const [, presented] = /^(?:bearer|token) +(\S+) *$/i.exec(authorization ?? "") ?? [];
  if (presented === undefined) return null;
  const index = await findSecret(
    presented,
    tokens.map(({ token }) => token),
  );
  return tokens[index] ?? null;
}
