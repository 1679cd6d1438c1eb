import { createHash, randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { awaitVersion } from "./await-version.ts";
import { AGENT, type Answer, bearer, call, jsonOf, reasonOf } from "./call.ts";
import { detailOf, diagnose } from "./diagnose.ts";

/** One thing that was looked at; `ok` is null for what could not be or need not be. */
export type Finding = { ok: boolean | null; what: string; hints?: string[] };

export type SmokeOptions = {
  /** Of the Worker. */
  url: URL;
  /** `user:password` of the callback. */
  credentials: string;
  /** An API token of scope read; with submit PUBLIC_URL is looked at, with admin the traces go. */
  token: string;
  /** The id of the version that is to be tried; null for whichever answers. */
  version: string | null;
  /** How long the address may take until the Worker answers there, and then until the version does. */
  waitMs: number;
};

const POLL_MS = 1_000;

/**
 * Delivers an invented transcript to a running Worker as Deepgram would, reads it back, and removes
 * it. Ends early when what follows would make no sense.
 */
export async function* smoke(options: SmokeOptions): AsyncGenerator<Finding> {
  try {
    yield* steps(options);
  } catch (error) {
    yield { ok: false, what: `no answer: ${reasonOf(error)}` };
  }
}

async function* steps(options: SmokeOptions): AsyncGenerator<Finding> {
  const health = await healthOf(options);
  yield* health.findings;
  if (!health.isThere) return;
  if (options.version !== null) {
    const seen = await awaitVersion(options, options.version);
    yield seen;
    if (seen.ok === false) return;
  }
  const refusal = await deliver(options, invented(randomUUID()), `smoke:${randomUUID()}`);
  if (refusal.status === 401) {
    yield { ok: true, what: "a wrong credential is refused (401)" };
  } else {
    yield { ok: false, ...(await obstacle(options, refusal)) };
    if (refusal.status !== 503 || detailOf(refusal) === null) return;
  }
  const id = randomUUID();
  const body = invented(id);
  const started = performance.now();
  const stored = await deliver(options, body, options.credentials);
  const took = Math.round(performance.now() - started);
  if (stored.status !== 200) {
    yield { ok: false, ...(await obstacle(options, stored)) };
    return;
  }
  yield { ok: true, what: `a callback without User-Agent is stored (200, ${took} ms)` };
  yield await readBack(options, id, body);
  yield await publicUrl(options, id);
  yield await remove(options, id);
}

async function healthOf({ url, token, waitMs }: SmokeOptions) {
  const deadline = performance.now() + waitMs;
  for (;;) {
    const answer = await call(new URL("/health", url), { headers: AGENT }).catch(reasonOf);
    const findings = healthFindings(url, answer);
    const isThere = findings.some(({ what }) => what.startsWith("/health says"));
    if (isThere && findings.length > 1) {
      // Only operators see what is wrong with a setting; a token that is not valid gets no report.
      const headers = { ...AGENT, authorization: `Bearer ${token}` };
      const detailed = await call(new URL("/health", url), { headers }).catch(reasonOf);
      const isReport = typeof detailed !== "string" && Array.isArray(problemsIn(detailed));
      return { isThere, findings: isReport ? healthFindings(url, detailed) : findings };
    }
    if (isThere || performance.now() >= deadline) return { isThere, findings };
    await sleep(POLL_MS);
  }
}

type Health = { status: string; problems: { name: string; problem?: string }[] };

const problemsIn = (answer: Answer) => jsonOf<Health>(answer)?.problems;

function healthFindings(url: URL, answer: Answer | string): Finding[] {
  if (typeof answer === "string") return [{ ok: false, what: `no answer: ${answer}` }];
  const health = jsonOf<Health>(answer);
  if (!Array.isArray(health?.problems)) {
    return [{ ok: false, ...diagnose(new URL("/health", url), answer, null) }];
  }
  return [
    { ok: answer.status === 200, what: `/health says ${health.status}` },
    ...health.problems.map(({ name, problem }) => ({
      ok: false,
      what: `${name}: ${problem ?? "is wrong, at least in part"}`,
    })),
  ];
}

const deliver = ({ url }: SmokeOptions, body: Buffer, credentials: string, headers = {}) =>
  call(new URL("/hook", url), {
    method: "POST",
    headers: {
      accept: "*/*",
      "content-type": "application/json",
      authorization: `Basic ${Buffer.from(credentials).toString("base64")}`,
      ...headers,
    },
    body,
  });

/** Why it did not come through: for that it is sent again with a User-Agent, and wrong credentials. */
async function obstacle(options: SmokeOptions, answer: Answer) {
  const again = await deliver(options, invented(randomUUID()), `smoke:${randomUUID()}`, AGENT);
  return diagnose(new URL("/hook", options.url), answer, again);
}

async function readBack({ url, token }: SmokeOptions, id: string, body: Buffer): Promise<Finding> {
  const answer = await call(new URL(`/v1/transcripts/${id}.json`, url), { headers: bearer(token) });
  if (answer.status !== 200) return failed("reading it back", answer);
  if (!answer.body.equals(body)) return { ok: false, what: "other bytes come back than were sent" };
  const sha256 = createHash("sha256").update(body).digest("hex");
  if (answer.headers.etag !== `"${sha256}"`) {
    return { ok: false, what: `its ETag is ${answer.headers.etag}, its SHA-256 ${sha256}` };
  }
  return { ok: true, what: `it is read back byte for byte (${body.length} bytes)` };
}

/** A link to share shows which address the Worker takes for its own. */
async function publicUrl({ url, token }: SmokeOptions, id: string): Promise<Finding> {
  const answer = await call(new URL(`/v1/transcripts/${id}/share`, url), {
    method: "POST",
    headers: { ...bearer(token), "content-type": "application/json" },
    body: Buffer.from('{"expires_in":60}'),
  });
  if (answer.status === 403) {
    return { ok: null, what: "PUBLIC_URL is not looked at: the token has no scope submit" };
  }
  const origin = URL.parse(jsonOf<{ url: string }>(answer)?.url ?? "")?.origin;
  if (answer.status !== 201) return failed("making a link", answer);
  if (origin === url.origin) return { ok: true, what: "links lead here (PUBLIC_URL)" };
  return {
    ok: false,
    what: `PUBLIC_URL is ${origin ?? "no address"}, not ${url.origin}`,
    hints: ["Links in notifications lead there. Set it in wrangler.toml, and deploy again."],
  };
}

async function remove({ url, token }: SmokeOptions, id: string): Promise<Finding> {
  const at = new URL(`/v1/transcripts/${id}`, url);
  const answer = await call(at, { method: "DELETE", headers: bearer(token) });
  if (answer.status === 204) return { ok: true, what: `${id} is deleted again` };
  if (answer.status !== 403) return failed(`deleting ${id}`, answer);
  return { ok: null, what: `${id} stays, with the tag smoke: the token has no scope admin` };
}

const failed = (what: string, answer: Answer): Finding => ({
  ok: false,
  what: `${what}: ${answer.status} ${detailOf(answer) ?? ""}`.trimEnd(),
});

/** An invented transcript, in the form in which Deepgram sends one; it has no follow-ups. */
const invented = (request_id: string): Buffer => {
  const word = { word: "smoke", start: 0.1, end: 0.5, confidence: 0.99, punctuated_word: "Smoke." };
  const alternative = { transcript: "Smoke.", confidence: 0.99, words: [word] };
  return Buffer.from(
    JSON.stringify({
      metadata: {
        ...{ request_id, duration: 0.6, channels: 1, tags: ["smoke"] },
        extra: { follow_ups: "none" },
      },
      results: { channels: [{ alternatives: [alternative] }] },
    }),
  );
};
