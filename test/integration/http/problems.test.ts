import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { deliver, send } from "../../support/deliver.ts";
import { faulty, refuses } from "../../support/faulty.ts";
import { get, OPERATOR } from "../../support/get.ts";

const ID = "51712a9a-9c10-4128-8e9d-6741cbff5c7f";

type Problem = { status: number; code: string; detail: string };

async function problemOf(response: Response): Promise<Problem> {
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  const problem = await response.json<Problem>();
  expect(problem.status).toBe(response.status);
  return problem;
}

const ask = async (path: string, method = "GET", body?: unknown): Promise<Problem> =>
  problemOf(
    await get(path, {
      method,
      headers: { authorization: OPERATOR },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
      env: {
        SIGNING_KEYS: "a-signing-key-of-the-tests-0123456789",
        PUBLIC_URL: "https://edge.test",
        DEEPGRAM_API_KEY: "key",
      },
    }),
  );

describe("a wrong parameter is explained in our words", () => {
  it.each([
    ["/v1/transcripts?limit=1001", "limit must be at most 1000."],
    ["/v1/transcripts?limit=0", "limit must be at least 1."],
    ["/v1/transcripts?limit=ten", "limit must be a number."],
    ["/v1/transcripts?limit=1.5", "limit must be a whole number."],
    ["/v1/transcripts?state=gone", /^state must be expected, live, .* or deleted\.$/],
    ["/v1/transcripts?tag=", "tag must have at least 1 characters."],
    ["/v1/transcripts?since=today", "since must be an ISO 8601 date or date-time."],
    ["/v1/transcripts?cursor=x", "cursor is not a cursor that a page ended with."],
    ["/v1/search", "q is missing."],
    ["/v1/search?q=", "q is missing."],
    ["/v1/search?q=%2B", "q has no letter or number."],
    ["/v1/search?q=a*", "q must have at least two letters or numbers before *."],
    [`/v1/search?q=${"x".repeat(1_001)}`, "q must have at most 1000 characters."],
    ["/v1/search?q=x&limit=101", "limit must be at most 100."],
    [`/v1/transcripts/${ID}/search`, "q is missing."],
    [`/v1/transcripts/${ID}/search?q=%20`, "q is missing."],
    [`/v1/transcripts/${ID}/status?wait=61`, "wait must be at most 60."],
    [`/v1/transcripts/${ID}/events?wait=soon`, "wait must be a number of seconds."],
    [`/v1/transcripts/${ID}.vtt?from=-1`, "from must be a number from 0 to 1000000000."],
    [`/v1/transcripts/${ID}.vtt?from=2&to=1`, "to must be greater than from."],
    [`/v1/transcripts/${ID}.vtt?max_lines=9`, "max_lines must be a whole number from 1 to 4."],
    [`/v1/transcripts/${ID}.vtt?speakers=yes`, "speakers must be true or false."],
    [`/v1/transcripts/${ID}.vtt?names=1`, "names must be true or false."],
    ["/v1/dead-letters?channel=fax", "channel must be webhook, email, sms or translate."],
    ["/v1/dead-letters?request_id=x", '"x" is not a request_id.'],
    ["/v1/quarantine?cursor=x", "cursor is not a digest."],
  ])("%s", async (path, detail) => {
    const problem = await ask(path);
    expect(problem).toMatchObject({ status: 400, code: "invalid_parameter" });
    if (typeof detail === "string") expect(problem.detail).toBe(detail);
    else expect(problem.detail).toMatch(detail);
  });

  it("also of a deletion", async () => {
    expect(await ask("/v1/dead-letters", "DELETE")).toMatchObject({
      status: 400,
      code: "invalid_parameter",
      detail: "ids is missing.",
    });
  });
});

describe("a wrong body is explained in our words", () => {
  it.each([
    ["/v1/expected", [], "The body must be an object."],
    ["/v1/expected", { request_id: "notauuid" }, '"notauuid" is not a request_id.'],
    ["/v1/expected", { request_id: 3 }, "request_id must be text."],
    ["/v1/expected", { job: "x" }, "job is not the name of a job."],
    ["/v1/expected", { deadline_seconds: 0 }, "deadline_seconds must be at least 1."],
    ["/v1/expected", { deadline_seconds: 0.5 }, "deadline_seconds must be a whole number."],
    [`/v1/transcripts/${ID}/follow-ups`, {}, "The body asks for nothing."],
    [
      `/v1/transcripts/${ID}/follow-ups`,
      { translate: ["klingon!"] },
      "translate.0 is not a language such as es or pt-BR.",
    ],
    [
      `/v1/transcripts/${ID}/follow-ups`,
      { notify: [{ channel: "email", to: "dana" }] },
      "notify.0.to is not an e-mail address.",
    ],
    [
      `/v1/transcripts/${ID}/follow-ups`,
      { notify: [{ channel: "sms", to: "12" }] },
      "notify.0.to is not a phone number such as +15551234567.",
    ],
    [
      `/v1/transcripts/${ID}/follow-ups`,
      { notify: [{ channel: "fax", to: "12" }] },
      "notify.0.channel is not valid.",
    ],
    [`/v1/transcripts/${ID}/share`, {}, "expires_in is missing."],
    [`/v1/transcripts/${ID}/share`, { expires_in: "60" }, "expires_in must be a number."],
    [
      "/v1/follow-ups/retry",
      { request_ids: [], channels: ["sms"] },
      /^request_ids must have at least 1 /,
    ],
    ["/v1/tokens", { name: "a b", scopes: ["read"] }, /^name must be made of letters/],
    ["/v1/tokens", { name: "ab", scopes: ["write"] }, "scopes.0 must be read, submit or admin."],
    ["/v1/dead-letters/redrive", { dry_run: "no" }, "dry_run must be true or false."],
    ["/v1/dead-letters/redrive", { filter: { x: 1 } }, 'filter has the unknown member "x".'],
  ])("%s %j", async (path, body, detail) => {
    const problem = await ask(path, "POST", body);
    expect(problem).toMatchObject({ status: 400, code: "invalid_body" });
    if (typeof detail === "string") expect(problem.detail).toBe(detail);
    else expect(problem.detail).toMatch(detail);
  });

  it("and one that is no JSON, or too long, by its code", async () => {
    expect(await ask("/v1/tokens", "POST", "{")).toMatchObject({
      status: 400,
      code: "invalid_json",
    });
    expect(await ask("/v1/tokens", "POST", "x".repeat(70_000))).toMatchObject({
      status: 413,
      code: "body_too_large",
    });
  });
});

describe("an unknown parameter", () => {
  it.each([
    ["/v1/transcripts?limits=3", "GET"],
    ["/v1/search?q=x&colour=red", "GET"],
    [`/v1/transcripts/${ID}?form=1`, "GET"],
    [`/v1/transcripts/${ID}.vtt?form=1`, "GET"],
    [`/v1/transcripts/${ID}/status?q=1`, "GET"],
    [`/v1/transcripts/${ID}/events?q=1`, "GET"],
    [`/v1/transcripts/${ID}/search?q=x&max_lines=1`, "GET"],
    [`/v1/transcripts/${ID}/translations/es?wait=1`, "GET"],
    [`/v1/transcripts/${ID}/translations/es.vtt?wait=1`, "GET"],
    [`/v1/transcripts/${ID}/shares?x=`, "GET"],
    [`/v1/transcripts/${ID}?x`, "DELETE"],
    ["/v1/expected?title=x", "POST"],
    ["/v1/dead-letters?ids=x&all=true", "DELETE"],
    ["/v1/quarantine?page=2", "GET"],
    ["/v1/tokens?name=x", "GET"],
    ["/v1/catalogue/rebuild?all=1", "POST"],
  ])("is refused: %s by %s", async (path, method) => {
    const problem = await ask(path, method);
    expect(problem).toMatchObject({ status: 400, code: "invalid_parameter" });
    expect(problem.detail).toMatch(/^"\w+" is not a parameter here; known: /);
  });

  it("is named beside those that are known", async () => {
    expect((await ask("/v1/transcripts?limits=3")).detail).toBe(
      '"limits" is not a parameter here; known: tag, since, until, state, limit, cursor.',
    );
  });

  it("is shown to nobody without a token", async () => {
    const response = await get("/v1/tokens?x=1", { headers: { authorization: "Bearer no" } });
    expect(await problemOf(response)).toMatchObject({ status: 401, code: "invalid_token" });
  });

  it("is passed over outside of /v1", async () => {
    expect((await get("/health?x=1")).status).toBe(200);
    const body = JSON.stringify({ metadata: { request_id: crypto.randomUUID() }, results: {} });
    expect((await deliver(body, { path: "/hook?x=1" })).status).toBe(200);
  });

  it("is forwarded to Deepgram from /v1/listen", async () => {
    const response = await get("/v1/listen?novelty=1", {
      method: "POST",
      headers: { authorization: OPERATOR, "content-type": "application/json" },
      body: "{}",
      env: { DEEPGRAM_API_KEY: "" },
    });
    expect(await problemOf(response)).toMatchObject({ status: 503, code: "not_configured" });
  });
});

describe("every problem has its code", () => {
  it.each([
    ["/v1/nothing", "GET", 404, "unknown_route"],
    ["/v1/tokens/x/y", "GET", 404, "unknown_route"],
    ["/v1/search", "PUT", 405, "method_not_allowed"],
    ["/hook", "GET", 405, "method_not_allowed"],
    [`/v1/transcripts/${ID}`, "GET", 404, "unknown_transcript"],
    [`/v1/transcripts/${ID}/status`, "GET", 404, "unknown_transcript"],
    [`/v1/transcripts/${ID}.docx`, "GET", 404, "unknown_format"],
    [`/v1/transcripts/${ID}/shares/x`, "DELETE", 404, "unknown_share"],
    [`/v1/transcripts/${ID}/follow-ups/x/retry`, "POST", 404, "unknown_follow_up"],
    [`/v1/transcripts/${ID}/versions/x/promote`, "POST", 404, "unknown_version"],
    ["/v1/dead-letters?ids=x", "DELETE", 404, "unknown_dead_letter"],
    ["/v1/quarantine/x", "GET", 404, "unknown_digest"],
    ["/v1/tokens/nobody", "DELETE", 404, "unknown_token"],
    [`/v1/transcripts/${ID}.json?from=1`, "GET", 400, "invalid_parameter"],
    ["/share/x/search?q=x", "GET", 404, "unknown_share"],
  ] as const)("%s by %s is %i %s", async (path, method, status, code) => {
    expect(await ask(path, method)).toMatchObject({ status, code });
  });

  it.each([
    ["/v1/transcripts/notauuid", '"notauuid" is not a request_id.'],
    ["/v1/transcripts/notauuid/status", '"notauuid" is not a request_id.'],
    ["/v1/transcripts/notauuid.vtt", '"notauuid" is not a request_id.'],
    [`/v1/transcripts/${ID}.vtt.gz`, `"${ID}.vtt.gz" is not a request_id.`],
    [`/v1/transcripts/${"x".repeat(90)}/events`, `"${"x".repeat(64)}" is not a request_id.`],
  ])("%s names what is no request_id", async (path, detail) => {
    expect(await ask(path)).toMatchObject({ status: 404, code: "unknown_transcript", detail });
  });

  it("also where a token, a scope or an accepted type is missing, or storage does not answer", async () => {
    const reader = await get("/v1/tokens");
    expect(await problemOf(reader)).toMatchObject({ status: 403, code: "missing_scope" });
    const typed = await get(`/v1/transcripts/${ID}`, { headers: { accept: "image/png" } });
    expect(await problemOf(typed)).toMatchObject({ status: 406, code: "not_acceptable" });
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, { get: refuses("R2 is away") });
    const away = await get(`/v1/transcripts/${ID}`, { env: { TRANSCRIPTS } });
    expect(await problemOf(away)).toMatchObject({ status: 503, code: "storage_unavailable" });
  });

  it("also of a callback", async () => {
    const none = await deliver("{}", { authorization: null });
    expect(await problemOf(none)).toMatchObject({ status: 401, code: "unverified" });
    const empty = await deliver("{}");
    expect(await problemOf(empty)).toMatchObject({ status: 422, code: "no_request_id" });
    const long = await deliver("{}".padEnd(300), { env: { MAX_CALLBACK_BYTES: "200" } });
    expect(await problemOf(long)).toMatchObject({ status: 413, code: "body_too_large" });
    const closed = await send(
      new Request("https://edge.test/hook", { method: "POST", body: "{}" }),
      {
        CALLBACK_CREDENTIALS: "",
        CALLBACK_SECRETS: "",
      },
    );
    expect(await problemOf(closed)).toMatchObject({ status: 503, code: "not_configured" });
  });

  it("also of a transcript that failed, and of one that was deleted", async () => {
    const id = crypto.randomUUID();
    await deliver(JSON.stringify({ err_code: "X", err_msg: "no", request_id: id }));
    expect(await ask(`/v1/transcripts/${id}`)).toMatchObject({
      status: 424,
      code: "transcription_failed",
    });
    await get(`/v1/transcripts/${id}`, { method: "DELETE", headers: { authorization: OPERATOR } });
    expect(await ask(`/v1/transcripts/${id}`)).toMatchObject({
      status: 410,
      code: "transcript_deleted",
    });
  });
});
