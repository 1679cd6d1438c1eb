import { env } from "cloudflare:workers";
import { inject } from "vitest";
import { idempotencyKey } from "../../../../src/store/keys.ts";
import { submissionName } from "../../../../src/store/submissions.ts";
import { providerWorld } from "../../../support/providers/world.ts";
import { type Asking, ask, guards } from "../ask.ts";
import { deleted, received, supersededJob } from "./states.ts";

/** Those that the document has for answers of ours too, and one that it has not. */
const REFUSALS = [400, 401, 402, 403, 409, 422, 424, 429, 500, 503];

const CLAIMED = "a key that is in use";

export async function submitAudio(): Promise<Response[]> {
  const deepgram = providerWorld<object>(inject("usageUrl"));
  const configured = { DEEPGRAM_URL: deepgram.url, DEEPGRAM_API_KEY: "a-deepgram-key" };
  const submit = (key: string | null = null, asking: Asking = {}) =>
    ask("submitAudio", {
      query: { model: "nova-3" },
      body: "audio",
      headers: key === null ? {} : { "idempotency-key": key },
      ...asking,
      env: { ...configured, ...asking.env },
    });
  const key = idempotencyKey(await submissionName("operator", CLAIMED));
  await env.TRANSCRIPTS.put(`${key}/claim`, "");
  const accepted = [await submit(), await submit("one"), await submit("one")];
  await deepgram.fail({ drop: "before" });
  const unanswered = [await submit("two"), await submit("two")];
  const headers = { "dg-request-id": crypto.randomUUID(), "dg-error": "No.", "retry-after": "7" };
  await deepgram.fail(REFUSALS.map((status) => ({ status, headers })));
  const refused: Response[] = [];
  for (const _ of REFUSALS) refused.push(await submit("three"));
  return [
    ...accepted,
    ...unanswered,
    ...refused,
    await submit(CLAIMED),
    await submit("one", { query: { model: "nova-2" } }),
    await submit("k".repeat(256)),
    await submit(null, { query: { callback: "https://elsewhere.test" } }),
    await submit(null, { env: { DEEPGRAM_API_KEY: "" } }),
    ...(await Promise.all(
      guards("submitAudio", {
        body: "audio",
        headers: { "idempotency-key": "four" },
        env: configured,
      }),
    )),
  ];
}

export async function editTranscript(): Promise<Response[]> {
  const edit = (request_id: string, body = '{"title":"The call of Tuesday"}') =>
    ask("editTranscript", { params: { request_id }, body });
  return [
    await edit(await received()),
    await edit(await received(), JSON.stringify({ title: "x".repeat(201) })),
    await edit(await received(), `"${"x".repeat(70_000)}"`),
    await edit(await supersededJob()),
    await edit(crypto.randomUUID()),
    await edit(await deleted()),
    ...(await Promise.all(guards("editTranscript", { body: '{"tags":[]}' }))),
  ];
}

export async function expectCallback(): Promise<Response[]> {
  const expected = (body: string, asking: Asking = {}) =>
    ask("expectCallback", { ...asking, body });
  return [
    await expected("{}"),
    ...(await refusedRegistrations(expected)),
    await expected(JSON.stringify({ request_id: crypto.randomUUID(), deadline_seconds: 60 })),
    await expected('{"deadline_seconds":0}'),
    await expected(JSON.stringify({ request_id: await deleted() })),
    await expected(" ".repeat(70_000)),
    await expected("{}", { env: { SIGNING_KEYS: "" } }),
    ...(await Promise.all(guards("expectCallback", { body: "{}" }))),
  ];
}

/** What a token of scope `submit` is refused beside another one. */
async function refusedRegistrations(
  expected: (body: string, asking?: Asking) => Promise<Response>,
) {
  const API_TOKENS = "one:submit:token-one two:submit:token-two";
  const by = (name: string, body: Record<string, unknown>) =>
    expected(JSON.stringify(body), {
      headers: { authorization: `Bearer token-${name}` },
      env: { API_TOKENS },
    });
  const [mine, other] = [crypto.randomUUID(), crypto.randomUUID()];
  const job = async (name: string) => (await (await by(name, {})).json<{ job: string }>()).job;
  const own = await job("one");
  const stretched = own.replace(/[^-]+$/, "zzzzzzz");
  return [
    await by("one", { deadline_seconds: 59 }),
    await by("one", { request_id: mine, job: stretched }),
    await by("one", { request_id: mine, job: own }),
    await by("two", { request_id: mine }),
    await by("one", { request_id: other, job: own }),
    await by("one", { request_id: other, job: await job("two") }),
    await by("one", { request_id: await received() }),
  ];
}
