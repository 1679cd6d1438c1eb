import { createHash, randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import {
  AGENT,
  type Answer,
  awaitVersion,
  bearer,
  call,
  detailOf,
  diagnose,
  jsonOf,
  reasonOf,
} from "./call.ts";

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

/** Different bodies that are sent at once for one request. */
const RIVALS = 20;

/** What is not answered 2xx is sent as often again, as Deepgram does, but sooner. */
const RESENDS = 3;
const RESEND_AFTER_MS = 2_000;

/** Just over what the Worker holds in memory: it writes such a body to R2 while it comes. */
const LARGE_BYTES = 4_194_304 + 65_536;

/**
 * Delivers invented transcripts to a running Worker as Deepgram would, reads them back, and removes
 * them. Ends early when what follows would make no sense.
 */
export async function* smoke(options: SmokeOptions): AsyncGenerator<Finding> {
  const ids: string[] = [];
  try {
    yield* steps(options, ids);
    if (ids.length === 0) return;
    yield* ranks(options, ids);
    yield await remove(options, ids);
  } catch (error) {
    yield { ok: false, what: `no answer: ${reasonOf(error)}` };
  }
}

/** One transcript from delivery to link; its id goes into `ids` once it can be read. */
export async function* steps(options: SmokeOptions, ids: string[]): AsyncGenerator<Finding> {
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
  const read = await readBack(options, id, body);
  yield read;
  yield await publicUrl(options, id);
  if (read.ok) ids.push(id);
}

/**
 * What only R2 itself can show: that its conditional writes hold in a race, that large bodies are stored
 * whole, and that a transcript takes the place of its failure at once.
 */
async function* ranks(options: SmokeOptions, ids: string[]): AsyncGenerator<Finding> {
  const [race, fixed, chunked, failed] = Array.from({ length: 4 }, () => randomUUID()) as [
    ...[string, string, string, string],
  ];
  ids.push(race, fixed, chunked, failed);
  yield await rivals(options, race);
  yield await large(options, fixed, "with its length announced", {});
  yield await large(options, chunked, "in chunks", { "transfer-encoding": "chunked" });
  yield await afterFailure(options, failed);
}

async function rivals(options: SmokeOptions, id: string): Promise<Finding> {
  const bodies = Array.from({ length: RIVALS }, (_, at) => invented(id, `Smoke ${at}.`));
  const sent = bodies.map((body) => deliverStubbornly(options, body));
  const answers = await Promise.all(sent);
  const refused = answers.find(({ status }) => status !== 200);
  if (refused !== undefined) return problem(`${RIVALS} bodies at once`, refused);
  const { url, token } = options;
  const at = new URL(`/v1/transcripts/${id}/status`, url);
  const answer = await call(at, { headers: bearer(token) });
  if (answer.status !== 200) return problem("the status of a request with versions", answer);
  const { sha256 = "", conflicts = [] } = jsonOf<Ranked>(answer) ?? {};
  const stored = new Set([sha256, ...conflicts.map((version) => version.sha256)]);
  const lost = bodies.filter((body) => !stored.has(digestOf(body)));
  const isWhole = lost.length === 0 && conflicts.length === RIVALS - 1;
  return {
    ok: isWhole,
    what: isWhole
      ? `of ${RIVALS} bodies at once for one request one is current, and ${conflicts.length} are versions`
      : `of ${RIVALS} bodies at once, all answered 200, ${lost.length} are lost: ${conflicts.length} versions`,
  };
}

type Ranked = { sha256: string; conflicts: { sha256: string }[] };

async function large(
  options: SmokeOptions,
  id: string,
  how: string,
  headers: Record<string, string>,
): Promise<Finding> {
  // White space is as good as words, and is neither indexed nor billed.
  const body = Buffer.concat([invented(id), Buffer.alloc(LARGE_BYTES, " ")]);
  const stored = await deliverStubbornly(options, body, headers);
  if (stored.status !== 200) return problem(`a body of ${body.length} bytes ${how}`, stored);
  const read = await readBack(options, id, body);
  return read.ok
    ? { ok: true, what: `a body of ${body.length} bytes ${how} is stored whole` }
    : read;
}

async function afterFailure(options: SmokeOptions, id: string): Promise<Finding> {
  const failure = { err_code: "SMOKE", err_msg: "An invented failure", request_id: id };
  const first = await deliverStubbornly(options, Buffer.from(JSON.stringify(failure)));
  if (first.status !== 200) return problem("a failure", first);
  const body = invented(id);
  const second = await deliverStubbornly(options, body);
  if (second.status !== 200) return problem("a transcript after its failure", second);
  const read = await readBack(options, id, body);
  return read.ok ? { ok: true, what: "a transcript right after its failure is current" } : read;
}

/** Sends a body again while it is not answered 2xx. */
async function deliverStubbornly(options: SmokeOptions, body: Buffer, headers = {}) {
  for (let resends = 0; ; resends++) {
    const answer = await deliver(options, body, options.credentials, headers);
    if (answer.status === 200 || resends === RESENDS) return answer;
    await sleep(RESEND_AFTER_MS);
  }
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
  if (answer.status !== 200) return problem("reading it back", answer);
  if (!answer.body.equals(body)) return { ok: false, what: "other bytes come back than were sent" };
  const sha256 = digestOf(body);
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
  if (answer.status !== 201) return problem("making a link", answer);
  if (origin === url.origin) return { ok: true, what: "links lead here (PUBLIC_URL)" };
  return {
    ok: false,
    what: `PUBLIC_URL is ${origin ?? "no address"}, not ${url.origin}`,
    hints: ["Links in notifications lead there. Set it in wrangler.toml, and deploy again."],
  };
}

async function remove({ url, token }: SmokeOptions, ids: string[]): Promise<Finding> {
  for (const id of ids) {
    const at = new URL(`/v1/transcripts/${id}`, url);
    const answer = await call(at, { method: "DELETE", headers: bearer(token) });
    if (answer.status === 403) {
      const what = `stay, with the tag smoke, since the token has no scope admin: ${ids.join(", ")}`;
      return { ok: null, what };
    }
    if (answer.status !== 204) return problem(`deleting ${id}`, answer);
  }
  return { ok: true, what: `deleted again: ${ids.join(", ")}` };
}

const digestOf = (body: Buffer) => createHash("sha256").update(body).digest("hex");

const problem = (what: string, answer: Answer): Finding => ({
  ok: false,
  what: `${what}: ${answer.status} ${detailOf(answer) ?? ""}`.trimEnd(),
});

/** An invented transcript, in the form in which Deepgram sends one; it has no follow-ups. */
const invented = (request_id: string, transcript = "Smoke."): Buffer => {
  const word = { word: "smoke", start: 0.1, end: 0.5, confidence: 0.99, punctuated_word: "Smoke." };
  const alternative = { transcript, confidence: 0.99, words: [word] };
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
