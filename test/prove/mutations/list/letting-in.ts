import { type Mutation, mutationsOf } from "../mutation.ts";

const TOKENS = "test/tokens/tokens.test.ts";
const SIGN_IN = "test/sessions/sign-in.test.ts";
const SHARE = "test/share/share.test.ts";
const SCOPES = "test/read/scopes.test.ts";

/** API tokens, sessions and shares. */
export const LETTING_IN: readonly Mutation[] = [
  ...mutationsOf(
    "src/sessions/require-scope.ts",
    [SCOPES, TOKENS],
    [
      {
        breaks: "a token without the scope is refused",
        from: "if (missing !== undefined) {",
        to: "if (caller.scopes.length === 0) {",
      },
      {
        breaks: "a request without a token is refused",
        from: "if (caller === null) throw",
        to: "if (false) throw",
      },
      {
        breaks: "a session does nothing that has effects",
        from: 'return isSafe && c.req.header("authorization") === undefined ? sessionOf(c) : null;',
        to: 'return c.req.header("authorization") === undefined ? sessionOf(c) : null;',
        tests: [SIGN_IN],
      },
      {
        breaks: "a wrong token is not made good by a session",
        from: 'return isSafe && c.req.header("authorization") === undefined ? sessionOf(c) : null;',
        to: "return isSafe ? sessionOf(c) : null;",
        tests: [SIGN_IN],
      },
      {
        breaks: "a token has a rate limit",
        from: "if (!(await isWithinLimit(c.env.API_RATE_LIMIT, caller))) {",
        to: "if (false) {",
        tests: ["test/http/rate-limit.test.ts"],
      },
      {
        breaks: "a limiter that does not answer limits nobody",
        from: "return true;\n  }\n}",
        to: "return false;\n  }\n}",
        tests: ["test/http/rate-limit.test.ts"],
      },
    ],
  ),
  ...mutationsOf(
    "src/tokens/tokens.ts",
    [TOKENS],
    [
      {
        breaks: "a token is kept as its digest alone",
        from: "`${PREFIX}${hex(await sha256(token))}`",
        to: "`${PREFIX}${token}`",
      },
      {
        breaks: "what has not the form of a token is not looked up",
        from: "return TOKEN.test(token) ? findTokenByDigest(",
        to: "return token !== null ? findTokenByDigest(",
      },
      {
        breaks: "a token that is revoked lets nobody in",
        from: "await settings.delete(key);",
        to: "",
      },
      {
        breaks: "revoking one token leaves the others",
        from: ".filter(({ token }) => token.name === name)",
        to: "",
      },
    ],
  ),
  ...mutationsOf(
    "src/tokens/routes.ts",
    [TOKENS],
    [
      {
        breaks: "a name belongs to one token",
        from: "names.some((known) => known.name === name)",
        to: "names.length === 0",
      },
    ],
  ),
  ...mutationsOf(
    "src/sessions/signed.ts",
    [SHARE, SIGN_IN],
    [
      {
        breaks: "what was not signed here is not taken",
        from: "if (!outcomes.includes(true)) return undefined;",
        to: "",
      },
      {
        breaks: "what was signed for one purpose does not hold for another",
        from: "encoder.encode(`${purpose}.${payload}`)",
        to: "encoder.encode(`${purpose.length > 0}.${payload}`)",
      },
      {
        breaks: "what an earlier key signed holds",
        from: "keys.map(async (key) =>",
        to: "keys.slice(0, 1).map(async (key) =>",
      },
    ],
  ),
  ...mutationsOf(
    "src/sessions/session.ts",
    [SIGN_IN],
    [
      {
        breaks: "a session ends",
        from: "if (data === undefined || data.expires_at <= Date.now()) return null;",
        to: "if (data === undefined) return null;",
      },
      {
        breaks: "a session ends with its token",
        from: "if (owner === null) return null;",
        to: 'if (owner === null) return { name: "", scopes: ["read"], actionCode: "" };',
        tests: [TOKENS],
      },
      {
        breaks: "scripts do not see the cookie",
        from: "httpOnly: true,",
        to: "httpOnly: false,",
      },
      {
        breaks: "in production the cookie is secure",
        from: "secure: prefix !== undefined,",
        to: "secure: false,",
        survives:
          "equivalent: a cookie with the prefix `__Host-` is made secure by hono whatever it is told",
      },
    ],
  ),
  ...mutationsOf(
    "src/sessions/same-origin.ts",
    [SIGN_IN],
    [
      {
        breaks: "another site signs nobody in",
        from: 'if (site !== null) return site === "same-origin";',
        to: "if (site !== null) return true;",
      },
      {
        breaks: "a request that does not tell its origin is not of ours",
        from: 'return request.headers.get("origin") === new URL(request.url).origin;',
        to: 'return (request.headers.get("origin") ?? new URL(request.url).origin) === new URL(request.url).origin;',
      },
    ],
  ),
  ...mutationsOf(
    "src/sessions/return-path.ts",
    [SIGN_IN],
    [
      {
        breaks: "a sign-in leads to no other host",
        from: 'if (url === null || url.origin !== "https://own.invalid") return "/";',
        to: 'if (url === null) return "/";',
        survives:
          "equivalent: of a URL of another host only path and query are given on, which lead to one of our own pages",
      },
      {
        breaks: "a sign-in leads to pages alone",
        from: 'return OWN_PAGE.test(url.pathname) ? url.pathname + url.search : "/";',
        to: "return url.pathname + url.search;",
      },
    ],
  ),
  ...mutationsOf(
    "src/share/shares.ts",
    [SHARE],
    [
      {
        breaks: "a share ends",
        from: "if (data === undefined || Date.parse(data.expires_at) <= Date.now()) return null;",
        to: "if (data === undefined) return null;",
      },
      {
        breaks: "a share that was revoked opens nothing",
        from: "(await bucket.head(shareKey(data.request_id, data.id))) === null ? null : data",
        to: "data",
      },
      {
        breaks: "shares that have ended are not listed",
        from: "if (Date.parse(found.expires_at) <= Date.now()) continue;",
        to: "",
      },
      {
        breaks: "a share of a part is of that part",
        from: 'const signed = await sign(keys, "share", { id, request_id, from, to, expires_at });',
        to: 'const signed = await sign(keys, "share", { id, request_id, from: null, to: null, expires_at });',
      },
    ],
  ),
];
