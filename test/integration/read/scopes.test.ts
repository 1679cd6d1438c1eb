import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { app } from "../../../src/app.ts";
import { SCOPES, type Scope } from "../../../src/config/api-tokens.ts";
import { scopesOf } from "../../../src/http/route.ts";
import { PAGES } from "../../../src/pages/routes.ts";
import { ROUTES } from "../../../src/routes.ts";
import { basic, send } from "../../support/deliver.ts";
import { UNLIMITED } from "../../support/unlimited.ts";

const ID = "51712a9a-9c10-4128-8e9d-6741cbff5c7f";
const DIGEST = "0".repeat(64);

const ask = (method: string, path: string, authorization?: string, replaced?: Partial<Env>) =>
  send(
    new Request(`https://edge.test${path}`, {
      method,
      ...(authorization !== undefined && { headers: { authorization } }),
    }),
    { ...UNLIMITED, ...replaced },
  );

const GUARDED = ROUTES.flatMap(({ method, path, scope }) => {
  const concrete = path
    .replace(/:file\{.*\}/, `${ID}.vtt`)
    .replace(":request_id", ID)
    .replace(":digest", DIGEST)
    .replace(":name", "nobody");
  return scope === null ? [] : [[method, concrete, scopesOf(scope)] as const];
});

/** Every set of scopes that a token may have. */
const SUBSETS: Scope[][] = SCOPES.reduce<Scope[][]>(
  (sets, scope) => sets.flatMap((set) => [set, [...set, scope]]),
  [[]],
).filter((set) => set.length > 0);

const REFUSED: [string, string | undefined][] = [
  ["no token", undefined],
  ["a wrong token", "Bearer read-tokem"],
  ["a token that is longer", "Bearer read-token1"],
  ["a token's name", "Bearer reader"],
  ["an empty token", "Bearer "],
  ["the callback's credentials", basic("deepgram:first-password")],
  ["a token as Basic", basic("reader:read-token")],
];

describe.each(GUARDED)("%s %s", (method, path, required) => {
  it.each(REFUSED)("answers 401 to %s", async (_, authorization) => {
    const response = await ask(method, path, authorization);
    expect(response.status).toBe(401);
    const isToken = /^Bearer \S/.test(authorization ?? "");
    expect(response.headers.get("www-authenticate")).toBe(
      `Bearer realm="transcripts"${isToken ? ', error="invalid_token"' : ""}`,
    );
    expect(response.headers.get("content-type")).toBe("application/problem+json");
  });

  it.each(["Bearer", "bearer", "Token", "token"])("takes the scheme %s", async (scheme) => {
    const response = await ask(method, path, `${scheme} admin-token`);
    expect([401, 403, 405, 500]).not.toContain(response.status);
  });

  it(`answers 403 to every token without ${required.join(" and ")}, and to no other`, async () => {
    for (const scopes of SUBSETS) {
      const API_TOKENS = `one:${scopes.join("+")}:some-token`;
      const response = await ask(method, path, "Bearer some-token", { API_TOKENS });
      const isEnough = required.every((scope) => scopes.includes(scope));
      expect([scopes, response.status === 403]).toEqual([scopes, !isEnough]);
      if (isEnough) continue;
      expect(response.headers.get("www-authenticate")).toContain(
        `error="insufficient_scope", scope="${required.join(" ")}"`,
      );
    }
  });

  it("is closed with 503 when no token is configured", async () => {
    const response = await ask(method, path, "Bearer read-token", { API_TOKENS: "" });
    expect(response.status).toBe(503);
  });
});

it("what sends a transcript to others, or opens it to them, needs read besides submit", () => {
  const both = ROUTES.filter(({ scope }) => scopesOf(scope).join() === "submit,read");
  const submit = ROUTES.filter(({ scope }) => scope === "submit");
  const named = (routes: typeof both) => routes.map(({ method, path }) => `${method} ${path}`);
  expect(named(both)).toEqual([
    "PUT /v1/transcripts/:request_id/names",
    "PATCH /v1/transcripts/:request_id",
    "POST /v1/transcripts/:request_id/follow-ups",
    "POST /v1/transcripts/:request_id/share",
    "POST /v1/transcripts/:request_id/shares",
    "GET /v1/transcripts/:request_id/shares",
    "DELETE /v1/transcripts/:request_id/shares/:id",
  ]);
  expect(named(submit)).toEqual(["POST /v1/listen", "POST /v1/expected"]);
});

it("only what is named here is open without a token", () => {
  const open = ROUTES.filter(({ scope }) => scope === null);
  expect(open.map(({ method, path }) => `${method} ${path}`)).toEqual([
    "POST /hook",
    "PUT /hook",
    "POST /hook/:job",
    "PUT /hook/:job",
    "GET /hook",
    "GET /hook/:job",
    "GET /health",
    "GET /openapi.json",
    "GET /docs",
    ...PAGES.map(({ method, path }) => `${method} ${path}`),
  ]);
});

it("every route of the app is one of the table", () => {
  const known = new Set(ROUTES.map(({ method, path }) => `${method} ${path}`));
  const handled = app.routes.filter(({ method }) => method !== "ALL");
  expect(new Set(handled.map(({ method, path }) => `${method} ${path}`))).toEqual(known);
});

it("a read token may not delete", async () => {
  const response = await ask("DELETE", `/v1/transcripts/${ID}`, "Bearer read-token");
  expect(response.status).toBe(403);
  expect(await env.TRANSCRIPTS.head(`callbacks/${ID}`)).toBeNull();
});

it.each([
  ["PUT", `/v1/transcripts/${ID}`, "GET, HEAD, PATCH, DELETE"],
  ["POST", `/v1/transcripts/${ID}/status`, "GET, HEAD"],
  ["POST", `/v1/transcripts/${ID}/search`, "GET, HEAD"],
  ["POST", "/v1/quarantine", "GET, HEAD"],
  ["PUT", `/v1/quarantine/${DIGEST}`, "GET, HEAD, DELETE"],
  ["POST", "/health", "GET, HEAD"],
])("%s %s is 405", async (method, path, allow) => {
  const response = await ask(method, path, "Bearer admin-token");
  expect(response.status).toBe(405);
  expect(response.headers.get("allow")).toBe(allow);
});

it("what is not there is a problem too", async () => {
  const response = await ask("GET", "/nowhere");
  expect(response.status).toBe(404);
  expect(response.headers.get("content-type")).toBe("application/problem+json");
});
