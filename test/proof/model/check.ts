import { expect } from "vitest";
import { wordOf } from "./bodies.ts";
import { isHeld, type Model, type ModelRequest, type ModelState, mostOf } from "./model.ts";
import { ask, type World } from "./world.ts";

const STATUS: Record<ModelState, number> = {
  unknown: 404,
  expected: 202,
  overdue: 504,
  received: 200,
  failed: 424,
  deleted: 410,
};

const digests = new Map<string, string>();

/** SHA-256 in hexadecimal. */
async function sha256(text: string): Promise<string> {
  const known = digests.get(text);
  if (known !== undefined) return known;
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  const hex = new Uint8Array(digest).toHex();
  digests.set(text, hex);
  return hex;
}

type Status = {
  state: string;
  sha256: string | null;
  conflicts: { sha256: string }[];
  follow_ups: { name: string; state: string }[];
};

const sorted = (texts: Iterable<string>) => [...texts].sort();

/** What is to be so of one request after every command: bodies, state, conflicts and effects. */
export async function checkRequest(world: World, request: ModelRequest): Promise<void> {
  const path = `/v1/transcripts/${request.id}`;
  const raw = await ask(world, "GET", path);
  const text = await raw.text();
  expect([request.state, raw.status]).toEqual([request.state, STATUS[request.state]]);
  if (request.state === "received") expect(text === request.current).toBe(true);
  const response = await ask(world, "GET", `${path}/status`);
  const status = await response.json<Status>();
  if (request.state === "unknown") return expect(response.status).toBe(404) as undefined;
  expect(status.state).toBe(request.state);
  const others = await Promise.all([...request.others].map(sha256));
  expect(status.sha256).toBe(request.current === null ? null : await sha256(request.current));
  expect(sorted(status.conflicts.map((each) => each.sha256))).toEqual(sorted(others));
  for (const { name } of status.follow_ups) expect(isHeld(request, name), name).toBe(true);
  for (const body of request.others) {
    const version = await ask(world, "GET", `${path}?version=${await sha256(body)}`);
    expect(version.status).toBe(200);
    expect((await version.text()) === body, "a version").toBe(true);
  }
}

/** A format that is made of the transcript. */
export async function checkRendered(world: World, request: ModelRequest): Promise<void> {
  const { id, state, current } = request;
  const response = await ask(world, "GET", `/v1/transcripts/${id}.vtt`);
  const text = await response.text();
  expect(response.status).toBe(STATUS[state]);
  const [said] = /quince\dx\d/.exec(current ?? "") ?? [];
  if (state === "received") expect(text).toContain(said);
}

/** What every receiver got, with how many distinct ids, by request and effect; and repetitions. */
async function notifications(
  world: World,
): Promise<{ counts: Map<string, number>; repeated: number }> {
  const { requests } = await world.channels.webhook.state();
  const ids = new Map<string, Set<string>>();
  let repeated = 0;
  for (const { path, headers, body, status } of requests) {
    if (status !== 204) continue;
    const { type, data } = JSON.parse(body);
    const language = data.language === undefined ? "" : `:${data.language}`;
    const key = `${data.request_id} webhook:${path.slice(1)}:${type}${language}`;
    const known = ids.get(key) ?? new Set();
    const id = headers["webhook-id"] ?? "";
    if (known.has(id)) repeated++;
    ids.set(key, known.add(id));
  }
  return { counts: new Map([...ids].map(([key, { size }]) => [key, size])), repeated };
}

/** Nobody was notified more than is wanted, nor of anything unwanted; again only after a death. */
export async function checkTold(world: World, { requests, deaths }: Model): Promise<void> {
  const { counts, repeated } = await notifications(world);
  expect(repeated).toBeLessThanOrEqual(deaths);
  for (const [key, count] of counts) {
    const [id, name = ""] = key.split(" ");
    const request = requests.find((each) => each.id === id);
    const most = request?.effects.get(name)?.most ?? request?.before.get(name) ?? 0;
    expect(count, key).toBeLessThanOrEqual(request ? mostOf(request, name, most) : most);
  }
}

/** When all is worked off: effects are done, lists and searches say what the model says. */
export async function checkWorkedOff(world: World, model: Model): Promise<void> {
  const { counts } = await notifications(world);
  for (const request of model.requests) {
    const response = await ask(world, "GET", `/v1/transcripts/${request.id}/status`);
    const { follow_ups = [] } = await response.json<Partial<Status>>();
    checkStates(request, follow_ups);
    for (const [name, { least }] of request.effects) {
      if (!name.startsWith("webhook:")) continue;
      const key = `${request.id} ${name}`;
      expect(counts.get(key) ?? 0, key).toBeGreaterThanOrEqual(least);
    }
  }
  await checkLists(world, model);
  await checkSearch(world, model);
}

/** All is done; effects about a body that was current before may be cancelled. */
function checkStates(request: ModelRequest, followUps: Status["follow_ups"]): void {
  const { effects, revision } = request;
  const states = followUps.map(({ name, state }) => `${name} ${state}`).sort();
  if (revision === 0) {
    expect(states).toEqual(sorted([...effects.keys()].map((name) => `${name} done`)));
    return;
  }
  for (const { name, state } of followUps) expect(["done", "cancelled"], name).toContain(state);
  const done = new Set(
    followUps.filter(({ state }) => state === "done").map(({ name }) => name.replace(/:\d+$/, "")),
  );
  for (const [name, { isMoot }] of effects) {
    if (!isMoot) expect([...done], states.join()).toContain(name);
  }
}

type Listed = { transcripts: { request_id: string; state: string }[]; next_cursor: string | null };

async function listed(world: World, query: string): Promise<string[]> {
  const found: string[] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const next: string = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const answer = await ask(world, "GET", `/v1/transcripts?${query}${next}`);
    const page: Listed = await answer.json();
    found.push(...page.transcripts.map(({ request_id, state }) => `${request_id} ${state}`));
    cursor = page.next_cursor;
  }
  return found.sort();
}

export async function checkLists(world: World, { requests }: Model): Promise<void> {
  const known = requests.filter(({ state }) => state !== "unknown" && state !== "deleted");
  const lines = (some: ModelRequest[]) => sorted(some.map(({ id, state }) => `${id} ${state}`));
  expect(await listed(world, "limit=1")).toEqual(lines(known));
  const ofReceived = known.filter(({ state }) => state === "received");
  expect(await listed(world, "state=received")).toEqual(lines(ofReceived));
  const [first] = requests;
  const tagged = ofReceived.filter((each) => each === first);
  expect(await listed(world, "tag=tag0")).toEqual(lines(tagged));
}

export async function checkSearch(world: World, { requests }: Model): Promise<void> {
  for (const [at, { id, current }] of requests.entries()) {
    for (const variant of [0, 1, 2]) {
      const word = wordOf(at, variant);
      const answer = await ask(world, "GET", `/v1/search?q=${word}`);
      const { transcripts } = await answer.json<{ transcripts: { request_id: string }[] }>();
      const expected = current?.includes(word) ? [id] : [];
      expect(
        transcripts.map(({ request_id }) => request_id),
        word,
      ).toEqual(expected);
    }
  }
}
