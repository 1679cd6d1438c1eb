import { expect } from "vitest";
import type { Scope } from "../../../src/config/api-tokens.ts";
import { send } from "../../support/deliver.ts";
import type { fc } from "../../support/fast-check.ts";
import { get } from "../../support/get.ts";
import type { ProviderWorld } from "../../support/providers/world.ts";
import { UNLIMITED } from "../../support/unlimited.ts";

export type Token = { name: string; scopes: readonly Scope[] };

/** The URL of a job; `request` is the one that it is bound to. */
export type Job = { token: Token; name: string; authorization: string; request: Request | null };

/** What a request is: whose, its state, and its bodies. */
export type Request = {
  id: string;
  owner: Token | null;
  state: "unknown" | "expected" | "live" | "received" | "failed" | "deleted";
  /** The job that the same token is given again. */
  job: Job | null;
  /** What came as callbacks. */
  bodies: string[];
  /** The one of them that is current; null when it is the document of a stream. */
  current: string | null;
  /** The words of its stream, one in each final; null without a stream. */
  words: Set<string> | null;
  /** Its status when it was looked at last. */
  status: unknown;
};

export type Model = {
  tokens: [Token, Token];
  requests: Request[];
  jobs: Job[];
  /** What a token's `Idempotency-Key` was answered with. */
  answers: Map<string, string>;
};

/** The bindings of one run, the simulated Deepgram that they name, and what its keys begin with. */
export type World = { env: Partial<Env>; deepgram: ProviderWorld<object>; run: string };

export type Command = fc.AsyncCommand<Model, World>;

export const newRequest = (): Request => ({
  id: crypto.randomUUID(),
  owner: null,
  state: "unknown",
  job: null,
  bodies: [],
  current: null,
  words: null,
  status: null,
});

export const ask = (
  { env }: World,
  { name }: Token,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Response> =>
  send(
    new globalThis.Request(`https://edge.test${path}`, {
      method,
      headers: { authorization: `Bearer token-${name}`, ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    }),
    env,
  );

export const has = ({ scopes }: Token, ...wanted: Scope[]) =>
  wanted.every((each) => scopes.includes(each));

/** Whether a job may write for a request, as a callback and as messages of a stream. */
export function isGranted(job: Job, request: Request): boolean {
  const { state, owner } = request;
  const isFree = state === "unknown" || state === "deleted";
  const isOwn = (state === "expected" || state === "live") && owner === job.token;
  return job.request === request || (job.request === null && (isFree || isOwn));
}

/** `run` gives the request that it has changed, or may have. */
export const command = (
  name: string,
  given: object,
  run: (model: Model, world: World) => Promise<Request | undefined>,
): Command => ({
  check: () => true,
  run: async (model, world) => {
    const changed = await run(model, world);
    for (const request of model.requests) await checkRequest(request, request === changed);
  },
  toString: () => `${name}(${JSON.stringify(given)})`,
});

const STATUS = {
  unknown: 404,
  expected: 202,
  live: 202,
  received: 200,
  failed: 424,
  deleted: 410,
};

type Status = { state?: string; conflicts: unknown[] };

export const read = (path: string) => get(`/v1/transcripts/${path}`, { env: UNLIMITED });

/** The words of streams that a text has; each is of one message. */
export const wordsIn = (text: string): Set<string> => new Set(text.match(/quince\d+z/g));

/** Nothing of a request changes, its deadline and its follow-ups included, by what is about another. */
async function checkRequest(request: Request, hasChanged: boolean): Promise<void> {
  const { id, state, bodies, current, words } = request;
  const raw = await read(id);
  expect([state, raw.status]).toEqual([state, STATUS[state]]);
  const text = await raw.text();
  if (state === "received" && current !== null) expect(text).toBe(current);
  if (state === "received" && current === null) expect(wordsIn(text)).toEqual(words);
  if (state === "live") {
    const partial = await (await read(`${id}?partial=true`)).text();
    expect(wordsIn(partial)).toEqual(words);
  }
  const response = await read(`${id}/status`);
  const status = await response.json<Status>();
  if (!hasChanged) expect(status).toEqual(request.status ?? status);
  request.status = status;
  if (state === "live") expect(status.state).toBe("live");
  if (bodies.length > 0 && words === null && state !== "deleted") {
    expect(status.conflicts).toHaveLength(bodies.length - 1);
  }
}
