import { env } from "cloudflare:workers";
import { consume } from "../../../support/consume.ts";
import { deliver, transcript } from "../../../support/deliver.ts";
import { faulty } from "../../../support/faulty.ts";
import { asOperator } from "../../../support/get.ts";
import { call, expected } from "../../../support/jobs.ts";
import { ask, guards } from "../ask.ts";
import { deleted, received } from "./states.ts";

export async function listTranscripts(): Promise<Response[]> {
  for (const id of [await received(), await received()]) {
    await consume([{ type: "callback", request_id: id }]);
  }
  return [
    await ask("listTranscripts", { query: { limit: "1" } }),
    await ask("listTranscripts", { query: { since: "yesterday" } }),
    ...(await Promise.all(guards("listTranscripts"))),
  ];
}

export async function searchTranscripts(): Promise<Response[]> {
  await received({ words: 200 });
  await ask("rebuildCatalogue");
  const search = (q: string) => ask("searchTranscripts", { query: { q, limit: "1" } });
  return [
    await search("the"),
    await search("xylophone"),
    await search("?"),
    ...(await Promise.all(guards("searchTranscripts", { query: { q: "a" } }))),
  ];
}

export async function rebuildCatalogue(): Promise<Response[]> {
  await received();
  return [
    await ask("rebuildCatalogue"),
    await ask("rebuildCatalogue", { query: { cursor: "?" } }),
    ...(await Promise.all(guards("rebuildCatalogue"))),
  ];
}

export async function listQuarantine(): Promise<Response[]> {
  for (const body of ["hello", "{}"]) await deliver(body);
  return [
    await ask("listQuarantine", { query: { limit: "1" } }),
    await ask("listQuarantine", { query: { cursor: "x" } }),
    ...(await Promise.all(guards("listQuarantine"))),
  ];
}

/** The example of the digest is that of `hello`. */
export async function getQuarantined(): Promise<Response[]> {
  const before = await ask("getQuarantined");
  await deliver("hello");
  return [before, await ask("getQuarantined"), ...(await Promise.all(guards("getQuarantined")))];
}

export async function deleteQuarantined(): Promise<Response[]> {
  await deliver("hello");
  return [
    await ask("deleteQuarantined"),
    await ask("deleteQuarantined"),
    ...(await Promise.all(guards("deleteQuarantined"))),
  ];
}

const digestOf = async (body: string): Promise<string> => {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(body));
  return new Uint8Array(digest).toHex();
};

export async function attachQuarantined(): Promise<Response[]> {
  const attach = async (body: string, asked: string) =>
    ask("attachQuarantined", { params: { digest: await digestOf(body) }, body: asked });
  const to = (request_id: string) => JSON.stringify({ request_id });
  const [text, message] = ["no such thing", '{"type":"TurnInfo"}'];
  for (const body of [text, message]) await deliver(body);
  const foreign = transcript().body;
  await call(foreign, await expected({ request_id: crypto.randomUUID() }));
  return [
    await attach(text, "{}"),
    await attach(text, " ".repeat(70_000)),
    await attach("unknown", to(await received())),
    await attach(text, to(crypto.randomUUID())),
    await attach(text, to(await deleted())),
    await attach(message, to(await received())),
    await attach(foreign, to(await received())),
    await attach(text, to(await received())),
    ...(await Promise.all(guards("attachQuarantined", { body: to(await received()) }))),
  ];
}

const LAPTOP = '{"name":"laptop","scopes":["read"]}';

export async function listTokens(): Promise<Response[]> {
  await ask("createToken", { body: LAPTOP });
  return [await ask("listTokens"), ...(await Promise.all(guards("listTokens")))];
}

export async function createToken(): Promise<Response[]> {
  const create = (body: string) => ask("createToken", { body });
  return [
    await create(LAPTOP),
    await create(LAPTOP),
    await create('{"name":"a b","scopes":["read"]}'),
    await create(" ".repeat(70_000)),
    ...(await Promise.all(guards("createToken", { body: LAPTOP }))),
  ];
}

export async function revokeToken(): Promise<Response[]> {
  await ask("createToken", { body: LAPTOP });
  return [
    await ask("revokeToken"),
    await ask("revokeToken"),
    await ask("revokeToken", { params: { name: "reader" } }),
    ...(await Promise.all(guards("revokeToken"))),
  ];
}

export async function promoteVersion(): Promise<Response[]> {
  const { id, body } = transcript();
  const other = transcript({ requestId: id, seed: 2 }).body;
  for (const each of [body, other]) await deliver(each);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(other));
  const params = { request_id: id, sha256: new Uint8Array(digest).toHex() };
  // Another one is always first.
  const put = async (key: string, ...rest: [never]) =>
    key.startsWith("callbacks/") ? null : env.TRANSCRIPTS.put(key, ...rest);
  const raced = { TRANSCRIPTS: faulty(env.TRANSCRIPTS, { put }) };
  const answers = [
    await ask("promoteVersion", { params, env: raced }),
    await ask("promoteVersion", { params }),
    await ask("promoteVersion", { params: { ...params, sha256: "x" } }),
    await ask("promoteVersion", { params: { ...params, request_id: crypto.randomUUID() } }),
    ...(await Promise.all(guards("promoteVersion", { params }))),
  ];
  await asOperator(`/v1/transcripts/${id}`, "DELETE");
  return [...answers, await ask("promoteVersion", { params })];
}
