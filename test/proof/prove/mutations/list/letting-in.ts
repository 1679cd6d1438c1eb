import { type Mutation, mutationsOf } from "../mutation.ts";

const TOKENS = "test/integration/auth/tokens.test.ts";
const SIGN_IN = "test/integration/auth/sign-in.test.ts";
const SHARE = "test/integration/read/share.test.ts";
const SCOPES = "test/integration/read/scopes.test.ts";

/** API tokens, sessions and shares. */
export const LETTING_IN: readonly Mutation[] = [
  ...mutationsOf(
    "src/auth/require-scope.ts",
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
        from: "if (!(await isWithin(c.env.API_RATE_LIMIT, caller.tokenId))) {",
        to: "if (false) {",
        tests: ["test/integration/http/rate-limit.test.ts"],
      },
      {
        breaks: "a limiter that does not answer limits nobody",
        from: "return true;\n  }\n}",
        to: "return false;\n  }\n}",
        tests: ["test/integration/http/rate-limit.test.ts"],
      },
    ],
  ),
  ...mutationsOf(
    "src/auth/require-scope.ts",
    ["test/integration/auth/guess-limit.test.ts"],
    [
      {
        breaks: "a valid token is never refused for guesses of its address",
        from: "  if (token !== null) return ownerOf(token);\n  await countGuess(c);\n  return null;",
        to: "  await countGuess(c);\n  return token && ownerOf(token);",
      },
    ],
  ),
  ...mutationsOf(
    "src/app.ts",
    ["test/integration/http/nosniff.test.ts"],
    [
      {
        breaks: "no browser guesses the type of an answer",
        from: "res.headers.set(...NO_SNIFF);",
        to: "",
      },
    ],
  ),
  ...mutationsOf(
    "src/operate/health.ts",
    ["test/integration/http/health.test.ts"],
    [
      {
        breaks: "strangers and readers see the names of settings alone",
        from: "problems: { name: string; problem?: string | undefined }[] = isOperator",
        to: "problems: { name: string; problem?: string | undefined }[] = isOperator || true",
      },
    ],
  ),
  ...mutationsOf(
    "src/auth/tokens.ts",
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
    "src/auth/tokens.ts",
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
    "src/auth/signed.ts",
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
    "src/auth/session.ts",
    [SIGN_IN],
    [
      {
        breaks: "a session ends at its sign-out, wherever its cookie was copied to",
        from: "await deleteSession(c.env.TRANSCRIPTS, id).catch(storageUnavailable);",
        to: "",
      },
      {
        breaks: "a session ends when its token has another value",
        from: "if (await isProven(secret, token, stored)) return token;",
        to: "return token;",
      },
      {
        breaks: "a session ends when its token has other scopes",
        from: "if (token === null || !haveSameScopes(token.scopes, stored.scopes)) return null;",
        to: "if (token === null) return null;",
      },
      {
        breaks: "the key of a session in R2 does not open it",
        from: "const digest = hex(await sha256(id));\n  await createSession(c.env.TRANSCRIPTS, digest, stored)",
        to: "const digest = id;\n  await createSession(c.env.TRANSCRIPTS, digest, stored)",
      },
      {
        breaks: "a form carries the code of its own session",
        from: '(await verified(c.var.config.signingKeys, "action", code ?? "")) === id;',
        to: '(await verified(c.var.config.signingKeys, "action", code ?? "")) !== undefined && id !== "";',
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
        survives: "equivalent: a cookie with the prefix `__Host-` is always made secure by hono",
      },
    ],
  ),
  ...mutationsOf(
    "src/store/sessions.ts",
    [SIGN_IN],
    [
      {
        breaks: "a session ends after its time",
        from: "return Date.parse(stored.expires_at) > now ? stored : null;",
        to: "return now > 0 ? stored : null;",
      },
      {
        breaks: "sessions that have expired are removed",
        from: "return removeOld(bucket, SESSIONS_PREFIX, SESSION_SECONDS * 1_000, now);",
        to: "return removeOld(bucket, SESSIONS_PREFIX, Infinity, now);",
      },
    ],
  ),
  ...mutationsOf(
    "src/auth/require-scope.ts",
    ["test/integration/auth/guess-limit.test.ts"],
    [
      {
        breaks: "guesses of tokens are limited",
        from: "if (await isWithin(c.env.GUESS_RATE_LIMIT, key)) return;",
        to: "if ((await isWithin(c.env.GUESS_RATE_LIMIT, key)) || true) return;",
      },
      {
        breaks: "an IPv6 network guesses as one",
        from: "groups.slice(0, 4)",
        to: "groups.slice(0, 8)",
      },
    ],
  ),
  ...mutationsOf(
    "src/auth/session.ts",
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
    "src/pages/sign-in.tsx",
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
    "src/read/shares.ts",
    [SHARE],
    [
      {
        breaks: "a share ends",
        from: "if (data === undefined || Date.parse(data.expires_at) <= Date.now()) return null;",
        to: "if (data === undefined) return null;",
      },
      {
        breaks: "a share that was revoked opens nothing",
        from: "(await hasShare(bucket, data)) ? data : null",
        to: "data",
      },
      {
        breaks: "shares that have ended are not listed",
        file: "src/store/shares.ts",
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
