import { expect, inject, it } from "vitest";
import { SCOPES } from "../../../src/config/api-tokens.ts";
import { errorBody } from "../../support/bodies/errors.ts";
import { basic, deliver, transcript } from "../../support/deliver.ts";
import { fc } from "../../support/fast-check.ts";
import { SIGNING_KEYS } from "../../support/jobs.ts";
import { jobIn, OWNERS, type Registration } from "../../support/owners.ts";
import { providerWorld } from "../../support/providers/world.ts";
import { UNLIMITED } from "../../support/unlimited.ts";
import {
  ask,
  command,
  has,
  isGranted,
  type Job,
  type Model,
  newRequest,
  type Request,
  type Token,
} from "./owners.ts";
import { postMessages, settle, silence, socket } from "./owners-streams.ts";

const isLong = inject("isLong");
const isFull = inject("isFull");
const RUNS = isLong ? 400 : isFull ? 40 : 12;
const SEED = isLong ? Date.now() % 2 ** 31 : 20_261_129;
const MAX_COMMANDS = 25;
const REQUESTS = 3;

const who = fc.constantFrom(0 as const, 1 as const);
const at = fc.nat({ max: REQUESTS - 1 });
/** Modulo how many jobs there are. */
const which = fc.nat({ max: 50 });

const isStored = ({ state }: Request) => state === "received" || state === "failed";

const isAwaited = ({ state }: Request) => state === "expected" || state === "live";

/** What `POST /v1/expected` with an id answers: a status, and the code of a refusal. */
function registration(token: Token, request: Request, named: Job | null): [number, string?] {
  const isAdmin = has(token, "admin");
  if (!has(token, "submit")) return [403, "missing_scope"];
  if (named !== null && named.token !== token && !isAdmin) return [409, "not_yours"];
  if (named !== null && (named.request ?? request) !== request) return [409, "job_has_request"];
  if (request.state === "deleted") return [410, "transcript_deleted"];
  if (isAdmin) return [201];
  if (isStored(request)) return [409, "already_received"];
  if (isAwaited(request) && request.owner !== token) return [409, "not_yours"];
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
    const known = named ?? (request.owner === token && isAwaited(request) ? request.job : null);
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
      const path = `/hook/${name}`;
      const { status } = await deliver(body, { path, authorization, env: world.env });
      const mayWrite = isGranted(job, request);
      expect(status).toBe(mayWrite ? 200 : 422);
      if (!mayWrite) return undefined;
      job.request = request;
      take(request, job, body, given.kind === "transcript");
      await settle(request);
      return request;
    }),
  );

/** A transcript is current over a failure; of two of a kind the first one is. A stream takes failures. */
function take(request: Request, job: Job, body: string, isTranscript: boolean): void {
  if (request.state === "deleted" || (request.words !== null && !isTranscript)) return;
  if (request.state === "unknown") request.owner = job.token;
  if (!request.bodies.includes(body)) request.bodies.push(body);
  if (isTranscript && request.state !== "received") request.current = body;
  request.state = isTranscript || request.state === "received" ? "received" : "failed";
}

/** `POST /v1/listen`, accepted by Deepgram under the id of a request; both tokens use the same keys. */
const listen = fc.record({ who, at, key: fc.constantFrom(null, "first", "first") }).map((given) =>
  command("listen", given, async (model, world) => {
    const token = model.tokens[given.who];
    const request = model.requests[given.at] as Request;
    const { url, state } = world.deepgram;
    await fetch(`${url}/v1/listen`, {
      method: "PUT",
      body: JSON.stringify({ request_id: request.id }),
    });
    const headers = {
      "content-type": "application/json",
      ...(given.key && { "idempotency-key": `${world.run} ${given.key}` }),
    };
    const audio = { url: "https://audio.test/call.wav" };
    const path = "/v1/listen?model=nova-3";
    const response = await ask(world, token, "POST", path, audio, headers);
    expect(response.status).toBe(has(token, "submit") ? 200 : 403);
    if (response.status !== 200) return undefined;
    const { request_id } = await response.json<{ request_id: string }>();
    const answered = given.key && model.answers.get(`${token.name} ${given.key}`);
    expect(request_id).toBe(answered || request.id);
    if (answered) return undefined;
    if (given.key) model.answers.set(`${token.name} ${given.key}`, request_id);
    const submitted = (await state()).requests.findLast(({ method }) => method === "POST");
    const callback = new URL(`https://deepgram.test${submitted?.path}`).searchParams.get(
      "callback",
    );
    const { username, password, pathname } = new URL(callback ?? "");
    const name = pathname.slice("/hook/".length);
    const job = { token, name, authorization: basic(`${username}:${password}`), request };
    model.jobs.push(job);
    if (request.state !== "unknown") return undefined;
    return Object.assign(request, { state: "expected", owner: token, job });
  }),
);

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
      const allowed = {
        unknown: 404,
        expected: 409,
        live: 409,
        received: done,
        failed,
        deleted: 410,
      }[state];
      const answer = given.what === "shares" ? done : allowed;
      expect(status).toBe(has(token, "submit", "read") ? answer : 403);
      return request;
    }),
  );

const anyScopes = fc.subarray([...SCOPES], { minLength: 1 });
/** Without `submit` a token does little. */
const scopes = fc.oneof(
  anyScopes,
  anyScopes.map((some) => [...new Set([...some, "submit"] as const)]),
);

it("no token changes, reads or fails what is another's, whatever the order of calls and messages", {
  timeout: isLong ? 3_600_000 : 240_000,
}, async () => {
  console.info(`seed ${SEED}`);
  const commands = fc.commands(
    [
      ...[register, register, makeJob, listen, listen, deliverByJob, deliverByJob],
      ...[postMessages, postMessages, socket, silence, erase, sendOn],
    ],
    { maxCommands: MAX_COMMANDS, size: "max" },
  );
  await fc.assert(
    fc.asyncProperty(scopes, scopes, commands, async (one, other, chosen) => {
      const API_TOKENS = `one:${one.join("+")}:token-one other:${other.join("+")}:token-other reader:read:read-token`;
      const deepgram = providerWorld<object>(inject("usageUrl"));
      const submitting = { DEEPGRAM_URL: deepgram.url, DEEPGRAM_API_KEY: "a-deepgram-key" };
      const env = { ...OWNERS, ...UNLIMITED, ...submitting, SIGNING_KEYS, API_TOKENS };
      await fc.asyncModelRun(() => {
        const requests = Array.from({ length: REQUESTS }, newRequest);
        const tokens: Model["tokens"] = [
          { name: "one", scopes: one },
          { name: "other", scopes: other },
        ];
        const model = { tokens, requests, jobs: [], answers: new Map() };
        return { model, real: { env, deepgram, run: crypto.randomUUID() } };
      }, chosen);
    }),
    { numRuns: RUNS, seed: SEED, endOnFailure: !isLong },
  );
});
