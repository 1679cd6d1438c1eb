import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { sha256 } from "../../../src/lib/digest.ts";
import { send } from "../../support/deliver.ts";
import { faulty, refuses } from "../../support/faulty.ts";
import { OPERATOR } from "../../support/get.ts";

const ask = (method: string, path: string, body?: unknown, authorization = OPERATOR) =>
  send(
    new Request(`https://edge.test${path}`, {
      method,
      headers: { authorization },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    }),
  );

const create = async (name: string, scopes: string[]) => {
  const response = await ask("POST", "/v1/tokens", { name, scopes });
  expect(response.status).toBe(201);
  expect(response.headers.get("cache-control")).toBe("no-store");
  return (await response.json<{ token: string }>()).token;
};

const unknown = `/v1/transcripts/${crypto.randomUUID()}`;

describe("a token made at run time", () => {
  it("opens what its scopes open, and nothing else", async () => {
    const bearer = `Bearer ${await create("laptop", ["read"])}`;
    expect((await ask("GET", unknown, undefined, bearer)).status).toBe(404);
    expect((await ask("DELETE", unknown, undefined, bearer)).status).toBe(403);
    expect((await ask("GET", "/v1/tokens", undefined, bearer)).status).toBe(403);
  });

  it("is kept only as a digest", async () => {
    const token = await create("laptop", ["read"]);
    const { keys } = await env.SETTINGS.list();
    const digest = new Uint8Array(await sha256(token)).toHex();
    expect(keys.map(({ name }) => name)).toEqual([`tokens/${digest}`]);
    const kept = JSON.stringify([keys, await env.SETTINGS.get(`tokens/${digest}`)]);
    expect(kept).not.toContain(token);
    expect(await (await ask("GET", "/v1/tokens")).text()).not.toContain(token);
  });

  it("is listed beside those of API_TOKENS", async () => {
    await create("laptop", ["submit", "read", "read"]);
    const response = await ask("GET", "/v1/tokens");
    expect(await response.json()).toEqual({
      tokens: [
        { name: "reader", scopes: ["read"], source: "API_TOKENS", created_at: null },
        {
          name: "operator",
          scopes: ["read", "submit", "admin"],
          source: "API_TOKENS",
          created_at: null,
        },
        {
          name: "laptop",
          scopes: ["submit", "read"],
          source: "created",
          created_at: expect.any(String),
        },
      ],
    });
  });

  it("ends with its revocation", async () => {
    const bearer = `Bearer ${await create("laptop", ["read"])}`;
    expect((await ask("DELETE", "/v1/tokens/laptop")).status).toBe(204);
    expect((await ask("GET", unknown, undefined, bearer)).status).toBe(401);
    expect((await ask("DELETE", "/v1/tokens/laptop")).status).toBe(404);
  });

  it("stays when another one is revoked", async () => {
    const bearer = `Bearer ${await create("laptop", ["read"])}`;
    await create("phone", ["read"]);
    expect((await ask("DELETE", "/v1/tokens/phone")).status).toBe(204);
    expect((await ask("GET", unknown, undefined, bearer)).status).toBe(404);
  });

  it("is another one each time", async () => {
    expect(await create("one", ["read"])).not.toBe(await create("two", ["read"]));
  });
});

it.each(["laptop", "reader"])("the name %s is given once", async (name) => {
  if (name === "laptop") await create(name, ["read"]);
  expect((await ask("POST", "/v1/tokens", { name, scopes: ["read"] })).status).toBe(409);
});

it("one of API_TOKENS cannot be revoked here, and the answer says where", async () => {
  const response = await ask("DELETE", "/v1/tokens/reader");
  expect(response.status).toBe(409);
  expect(await response.json()).toMatchObject({ detail: expect.stringContaining("API_TOKENS") });
});

it.each([
  [{ name: "a b", scopes: ["read"] }, "name"],
  [{ name: "a".repeat(65), scopes: ["read"] }, "name"],
  [{ name: "a", scopes: [] }, "scopes"],
  [{ name: "a", scopes: ["write"] }, "scopes"],
  [{ name: "a", scopes: ["read"], token: "mine" }, 'The body has the unknown member "token"'],
  ["text", "The body must be an object"],
])("%j is a 400 that names what is wrong", async (body, named) => {
  const response = await ask("POST", "/v1/tokens", body);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ detail: expect.stringContaining(named) });
  expect((await env.SETTINGS.list()).keys).toEqual([]);
});

it("a body without end is refused", async () => {
  const response = await ask("POST", "/v1/tokens", { name: "a".repeat(70_000), scopes: ["read"] });
  expect(response.status).toBe(413);
});

it("KV is not asked for what has not the form of a token", async () => {
  const SETTINGS = faulty(env.SETTINGS, { get: refuses("must not be asked") });
  const get = (token: string) =>
    send(
      new Request(`https://edge.test${unknown}`, { headers: { authorization: `Bearer ${token}` } }),
      { SETTINGS },
    );
  expect((await get("wrong")).status).toBe(401);
  expect((await get(`dgr_${"a".repeat(42)}`)).status).toBe(401);
  expect((await get("read-token")).status).toBe(404);
  expect((await get(`dgr_${"a".repeat(43)}`)).status).toBe(503);
});
