import { expect, inject, it } from "vitest";
import { SCOPES, type Scope } from "../../../src/config/api-tokens.ts";
import { errorBody } from "../../support/bodies/errors.ts";
import { deliver, send, transcript } from "../../support/deliver.ts";
import { fc } from "../../support/fast-check.ts";
import { get } from "../../support/get.ts";
import { SIGNING_KEYS } from "../../support/jobs.ts";
import { jobIn, OWNERS, type Registration } from "../../support/owners.ts";
import { UNLIMITED } from "../../support/unlimited.ts";

const isLong = inject("isLong");
const isFull = inject("isFull");
const RUNS = isLong ? 400 : isFull ? 40 : 12;
const SEED = isLong ? Date.now() % 2 ** 31 : 20_261_129;
const MAX_COMMANDS = 25;
const REQUESTS = 3;

type Token = { name: string; scopes: readonly Scope[] };

type Job = { token: Token; name: string; authorization: string; request: Request | null };

/** What a request is: whose, its state, and its bodies, the current one first. */
type Request = {
  id: string;
  owner: Token | null;
  state: "unknown" | "expected" | "received" | "failed" | "deleted";
  /** The job that the same token is given again. */
  job: Job | null;
  bodies: string[];
  /** Its status when it was looked at last. */
  status: unknown;
};

type Model = { tokens: [Token, Token]; requests: Request[]; jobs: Job[] };

/** The bindings of one run. */
type World = Partial<Env>;

const ask = (
  world: World,
  { name }: Token,
  method: string,
  path: string,
  body?: unknown,
): Promise<Response> =>
  send(
    new globalThis.Request(`https://edge.test${path}`, {
      method,
      headers: { authorization: `Bearer token-${name}` },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    }),
    world,
  );

const has = ({ scopes }: Token, ...wanted: Scope[]) =>
  wanted.every((each) => scopes.includes(each));

const who = fc.constantFrom(0 as const, 1 as const);
const at = fc.nat({ max: REQUESTS - 1 });
/** Modulo how many jobs there are. */
const which = fc.nat({ max: 50 });

type Command = fc.AsyncCommand<Model, World>;

/** `run` gives the request that it has changed, or may have. */
const command = (
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

const STATUS = { unknown: 404, expected: 202, received: 200, failed: 424, deleted: 410 };

type Status = { conflicts: unknown[] };

/** Nothing of a request changes, its deadline and its follow-ups included, by what is about another. */
async function checkRequest(request: Request, hasChanged: boolean): Promise<void> {
  const { id, state, bodies } = request;
  const raw = await get(`/v1/transcripts/${id}`, { env: UNLIMITED });
  expect([state, raw.status]).toEqual([state, STATUS[state]]);
  if (state === "received") expect(await raw.text()).toBe(bodies[0]);
  const response = await get(`/v1/transcripts/${id}/status`, { env: UNLIMITED });
  const status = await response.json<Status>();
  if (!hasChanged) expect(status).toEqual(request.status ?? status);
  request.status = status;
  if (bodies.length > 0 && state !== "deleted") {
    expect(status.conflicts).toHaveLength(bodies.length - 1);
  }
}

const isStored = ({ state }: Request) => state === "received" || state === "failed";

/** What `POST /v1/expected` with an id answers: a status, and the code of a refusal. */
function registration(token: Token, request: Request, named: Job | null): [number, string?] {
  const isAdmin = has(token, "admin");
  if (!has(token, "submit")) return [403, "missing_scope"];
  if (named !== null && named.token !== token && !isAdmin) return [409, "not_yours"];
  if (named !== null && (named.request ?? request) !== request) return [409, "job_has_request"];
  if (request.state === "deleted") return [410, "transcript_deleted"];
  if (isAdmin) return [201];
  if (isStored(request)) return [409, "already_received"];
  if (request.state === "expected" && request.owner !== token) return [409, "not_yours"];
  return [201];
}

const register = fc.record({ who, at, which: fc.option(which) }).map((given) =>
  command("register", given, async (model, world) => {
    const token = model.tokens[given.who];
    const request = model.requests[given.at] as Request;
    const named =
      given.which === null ? null : (model.jobs[given.which % model.jobs.length] ?? null);
    const asked = { request_id: request.id, ...(named && { job: named.name }) };
    const response = await ask(world, token, "POST", "/v1/expected", asked);
    const body = await response.json<Registration["body"]>();
    const [status, code] = registration(token, request, named);
    expect([response.status, body.code]).toEqual([status, code]);
    if (status !== 201) return undefined;
    const known =
      named ?? (request.owner === token && request.state === "expected" ? request.job : null);
    if (known !== null) expect(body.job).toBe(known.name);
    const job = known ?? { token, ...jobIn({ status, body }), request };
    job.request = request;
    if (known === null) model.jobs.push(job);
    if (request.state !== "unknown") return undefined;
    return Object.assign(request, { state: "expected", owner: token, job });
  }),
);

const makeJob = fc.record({ who }).map((given) =>
  command("make a job", given, async (model, world) => {
    const token = model.tokens[given.who];
    const response = await ask(world, token, "POST", "/v1/expected", {});
    expect(response.status).toBe(has(token, "submit") ? 201 : 403);
    if (response.status !== 201) return undefined;
    const registered = { status: 201, body: await response.json<Registration["body"]>() };
    model.jobs.push({ token, ...jobIn(registered), request: null });
    return undefined;
  }),
);

const KINDS = ["transcript", "transcript", "failure", "failure without an id"] as const;

const deliverByJob = fc
  .record({ which, at, kind: fc.constantFrom(...KINDS), words: fc.integer({ min: 3, max: 5 }) })
  .map((given) =>
    command("deliver", given, async (model, world) => {
      const job = model.jobs[given.which % model.jobs.length];
      if (job === undefined) return undefined;
      const isNameless = given.kind === "failure without an id";
      const request = isNameless ? job.request : model.requests[given.at];
      // Its body is about no request of the model.
      if (request == null) return undefined;
      const { id } = request;
      const body = {
        transcript: transcript({ requestId: id, words: given.words, seed: 1 }).body,
        failure: errorBody("err_code", id),
        "failure without an id": '{"err_code":"REMOTE_CONTENT_ERROR","err_msg":"no audio"}',
      }[given.kind];
      const { authorization, name } = job;
      const response = await deliver(body, { path: `/hook/${name}`, authorization, env: world });
      const isFree = request.state === "unknown" || request.state === "deleted";
      const isOwn = request.state === "expected" && request.owner === job.token;
      const mayTake = job.request === null && (isFree || isOwn);
      const isGranted = job.request === request || mayTake;
      expect(response.status).toBe(isGranted ? 200 : 422);
      if (!isGranted) return undefined;
      job.request = request;
      return taken(request, job, body, given.kind === "transcript");
    }),
  );

/** A transcript is current over a failure; of two of a kind the first one is. */
function taken(request: Request, job: Job, body: string, isTranscript: boolean): Request {
  if (request.state === "deleted") return request;
  if (request.state === "unknown") request.owner = job.token;
  const isBest = isTranscript && request.state !== "received";
  if (!request.bodies.includes(body)) request.bodies[isBest ? "unshift" : "push"](body);
  request.state = isTranscript || request.state === "received" ? "received" : "failed";
  return request;
}

const erase = fc.record({ who, at }).map((given) =>
  command("delete", given, async (model, world) => {
    const token = model.tokens[given.who];
    const request = model.requests[given.at] as Request;
    const response = await ask(world, token, "DELETE", `/v1/transcripts/${request.id}`);
    const known = request.state === "unknown" ? 404 : 204;
    expect(response.status).toBe(has(token, "admin") ? known : 403);
    if (response.status !== 204) return undefined;
    request.state = "deleted";
    return request;
  }),
);

const sendOn = fc
  .record({ who, at, what: fc.constantFrom("share", "follow-ups", "shares", "read") })
  .map((given) =>
    command(given.what, given, async (model, world) => {
      const token = model.tokens[given.who];
      const request = model.requests[given.at] as Request;
      const { id, state } = request;
      const path = `/v1/transcripts/${id}`;
      if (given.what === "read") {
        const { status } = await ask(world, token, "GET", path);
        expect(status === 403).toBe(!has(token, "read"));
        return undefined;
      }
      const [method, body, done] = {
        share: ["POST", { expires_in: 60 }, 201] as const,
        "follow-ups": ["POST", { translate: ["es"] }, 202] as const,
        shares: ["GET", undefined, 200] as const,
      }[given.what as "share" | "follow-ups" | "shares"];
      const { status } = await ask(world, token, method, `${path}/${given.what}`, body);
      const failed = given.what === "follow-ups" ? 409 : 424;
      const allowed = { unknown: 404, expected: 409, received: done, failed, deleted: 410 }[state];
      const answer = given.what === "shares" ? done : allowed;
      expect(status).toBe(has(token, "submit", "read") ? answer : 403);
      return request;
    }),
  );

const scopes = fc.subarray([...SCOPES], { minLength: 1 });

it("no token changes, reads or fails what is another's, whatever the order of calls", {
  timeout: isLong ? 3_600_000 : 240_000,
}, async () => {
  console.info(`seed ${SEED}`);
  const commands = fc.commands(
    [register, register, makeJob, deliverByJob, deliverByJob, erase, sendOn],
    { maxCommands: MAX_COMMANDS, size: "max" },
  );
  await fc.assert(
    fc.asyncProperty(scopes, scopes, commands, async (one, other, chosen) => {
      const API_TOKENS = `one:${one.join("+")}:token-one other:${other.join("+")}:token-other reader:read:read-token`;
      const world = { ...OWNERS, ...UNLIMITED, SIGNING_KEYS, API_TOKENS };
      await fc.asyncModelRun(() => {
        const requests = Array.from(
          { length: REQUESTS },
          (): Request => ({
            id: crypto.randomUUID(),
            owner: null,
            state: "unknown",
            job: null,
            bodies: [],
            status: null,
          }),
        );
        const tokens: Model["tokens"] = [
          { name: "one", scopes: one },
          { name: "other", scopes: other },
        ];
        return { model: { tokens, requests, jobs: [] }, real: world };
      }, chosen);
    }),
    { numRuns: RUNS, seed: SEED, endOnFailure: !isLong },
  );
});
