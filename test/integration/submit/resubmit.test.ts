import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, inject, it } from "vitest";
import { catalogueExpectation } from "../../../src/catalogue/expectations.ts";
import type { RequestId } from "../../../src/deepgram/request-id.ts";
import { consume } from "../../support/consume.ts";
import { deliver, transcript } from "../../support/deliver.ts";
import { faulty, recordingQueue, refuses } from "../../support/faulty.ts";
import { asOperator } from "../../support/get.ts";
import { type ProviderWorld, providerWorld } from "../../support/providers/world.ts";
import { act, signIn, visit } from "../pages/browse.ts";

const SOURCE = { url: "https://audio.test/call.wav", query: "model=nova-3&tag=lost" };
const LONG_AGO = "2026-01-01T00:00:00.000Z";

let deepgram: ProviderWorld<object>;
let replaced: Partial<Env>;

beforeEach(() => {
  deepgram = providerWorld(inject("usageUrl"));
  replaced = { DEEPGRAM_URL: deepgram.url, DEEPGRAM_API_KEY: "a-deepgram-key" };
});

/** A request of which nothing has come; gives its id. */
async function overdue(
  source: typeof SOURCE | null = SOURCE,
  metadata: Record<string, string> = {},
): Promise<string> {
  const id: string = crypto.randomUUID();
  await env.TRANSCRIPTS.put(`expected/${id}`, JSON.stringify({ write: id, source }), {
    customMetadata: { state: "overdue", expected_at: LONG_AGO, ...metadata },
  });
  return id;
}

async function submitAgain(id: string, token = "admin-token"): Promise<Response> {
  const cookie = await signIn(token);
  return act(`/transcripts/${id}/resubmit`, {}, { cookie, env: replaced });
}

const submissions = async () => (await deepgram.state()).requests;

it("an overdue request is submitted once more, and leads to the new one", async () => {
  const id = await overdue();
  const page = await (await visit(`/transcripts/${id}`, { cookie: await signIn() })).text();
  expect(page).toContain(`action="/transcripts/${id}/resubmit"`);
  const response = await submitAgain(id);
  expect(response.status).toBe(303);
  const [, successor = ""] = /^\/transcripts\/([0-9a-f-]{36})$/.exec(
    response.headers.get("location") ?? "",
  ) ?? [undefined, ""];
  const status = await (await asOperator(`/v1/transcripts/${id}/status`)).json();
  expect(status).toMatchObject({ state: "overdue", successor });
  const [submitted, ...others] = await submissions();
  expect(others).toEqual([]);
  expect(submitted?.path).toContain("model=nova-3&tag=lost&callback=");
  expect(JSON.parse(submitted?.body ?? "")).toEqual({ url: SOURCE.url });
  const kept = await env.TRANSCRIPTS.get(`expected/${successor}`);
  expect(kept?.customMetadata).toMatchObject({ state: "expected", predecessor: id });
  expect(await kept?.json()).toMatchObject({ source: SOURCE });
});

it("an overdue request that was submitted once more is missed no longer", async () => {
  const id = await overdue();
  const requestId = id as RequestId;
  await catalogueExpectation(env.CATALOGUE, {
    requestId,
    state: "overdue",
    expectedAt: LONG_AGO,
    deadlineAt: LONG_AGO,
  });
  const since = () =>
    env.CATALOGUE.prepare("SELECT overdue_at FROM transcripts WHERE request_id = ?1")
      .bind(id)
      .first("overdue_at");
  expect(await since()).not.toBeNull();
  expect((await submitAgain(id)).status).toBe(303);
  expect(await since()).toBeNull();
});

it("is submitted once more also while the catalogue is away", async () => {
  const id = await overdue();
  const away = { run: refuses("away"), bind: () => away };
  replaced.CATALOGUE = faulty(env.CATALOGUE, { prepare: () => away, batch: refuses("away") });
  expect((await submitAgain(id)).status).toBe(303);
});

it("nobody does it twice", async () => {
  const id = await overdue();
  const answers = await Promise.all([submitAgain(id), submitAgain(id)]);
  expect(answers.map(({ status }) => status).sort()).toEqual([303, 409]);
  const again = await submitAgain(id);
  expect(again.status).toBe(409);
  expect(await again.text()).toContain("submitted again before");
  expect(await submissions()).toHaveLength(1);
});

it("what is being submitted again without a person waits for that", async () => {
  const id = await overdue();
  await env.TRANSCRIPTS.put(`resubmitted/${id}`, "");
  expect((await submitAgain(id)).status).toBe(409);
  expect(await submissions()).toEqual([]);
});

it("when Deepgram refuses, that is said, and it can be tried again", async () => {
  const id = await overdue();
  await deepgram.fail({ status: 400 });
  const refused = await submitAgain(id);
  expect(refused.status).toBe(409);
  expect(await refused.text()).toContain("Deepgram refused this audio.");
  expect((await submitAgain(id)).status).toBe(303);
});

it("when nobody knows what Deepgram did, that is said, and it stays at that", async () => {
  const id = await overdue();
  await deepgram.fail({ drop: "before" });
  expect(await (await submitAgain(id)).text()).toContain(
    "It is not known whether Deepgram took the audio.",
  );
  expect(await (await submitAgain(id)).text()).toContain("submitted again before");
});

it("what was not given by an address, is not overdue, or is there is refused", async () => {
  const refusals: [string, string][] = [
    [await overdue(null), "not given by an address"],
    [await overdue(SOURCE, { state: "expected" }), "not overdue"],
    [crypto.randomUUID(), "not overdue"],
  ];
  const late = await overdue();
  await deliver(transcript({ requestId: late }).body);
  refusals.push([late, "not overdue"]);
  for (const [id, expected] of refusals) {
    const response = await submitAgain(id);
    expect(response.status).toBe(409);
    expect(await response.text()).toContain(expected);
  }
  expect(await submissions()).toEqual([]);
});

it("needs the scope submit", async () => {
  const id = await overdue();
  expect((await submitAgain(id, "read-token")).status).toBe(403);
  const cookie = await signIn("read-token");
  expect(await (await visit(`/transcripts/${id}`, { cookie })).text()).not.toContain("resubmit");
});

describe("without a person", () => {
  const asked = async () =>
    (await submissions()).filter(({ path }) => path.startsWith("/v1/listen"));

  const bindings = (): Partial<Env> => ({
    ...replaced,
    SIGNING_KEYS: "a-signing-key-of-the-tests-0123456789",
    PUBLIC_URL: "https://edge.test",
    RESUBMIT_OVERDUE: "true",
    FOLLOW_UP_QUEUE: recordingQueue().queue,
  });

  const submittedAgain = async (metadata: Record<string, string>) => {
    const id = await overdue(SOURCE, { deadline_at: LONG_AGO, ...metadata });
    const work = { type: "deadline", request_id: id };
    for (let time = 0; time < 2; time++) await consume([work], bindings());
    return asked();
  };

  const successorOf = async (id: string) =>
    (await env.TRANSCRIPTS.head(`expected/${id}`))?.customMetadata?.successor;

  /** As the catalogue has it, from which the alarm is made. */
  const overdueSince = (id: string) =>
    env.CATALOGUE.prepare("SELECT overdue_at FROM transcripts WHERE request_id = ?1")
      .bind(id)
      .first("overdue_at");

  it("leads to the new one also when an R2 that takes one write a second for a key is busy", {
    timeout: 15_000,
  }, async () => {
    const id = await overdue(SOURCE, { deadline_at: LONG_AGO });
    let refusals = 2;
    const put = async (key: string, ...rest: [string]) => {
      if (key === `expected/${id}` && refusals-- > 0) throw new Error("(10058)");
      return env.TRANSCRIPTS.put(key, ...rest);
    };
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, { put });
    const work = { type: "deadline", request_id: id };
    expect((await consume([work], { ...bindings(), TRANSCRIPTS })).acked).toHaveLength(1);
    expect(await successorOf(id)).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("leads to the new one also after a crash before they were linked", {
    timeout: 15_000,
  }, async () => {
    const id = await overdue(SOURCE, { deadline_at: LONG_AGO });
    const put = async (key: string, ...rest: [string]) => {
      if (key === `expected/${id}`) throw new Error("internal error");
      return env.TRANSCRIPTS.put(key, ...rest);
    };
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, { put });
    const work = { type: "deadline", request_id: id };
    expect((await consume([work], { ...bindings(), TRANSCRIPTS })).acked).toEqual([]);
    expect(await successorOf(id)).toBeUndefined();
    expect(await overdueSince(id)).not.toBeNull();
    expect((await consume([work], bindings())).acked).toHaveLength(1);
    expect(await successorOf(id)).toMatch(/^[0-9a-f-]{36}$/);
    expect(await overdueSince(id)).toBeNull();
    expect(await asked()).toHaveLength(1);
  });

  it("an overdue request is submitted once more, and only once", async () => {
    expect(await submittedAgain({})).toHaveLength(1);
  });

  it("what Deepgram takes only later is submitted later, and only once", async () => {
    const id = await overdue(SOURCE, { deadline_at: LONG_AGO });
    await deepgram.fail({ status: 429 });
    const work = { type: "deadline", request_id: id };
    expect((await consume([work], bindings())).retried).toHaveLength(1);
    for (let time = 0; time < 2; time++) {
      expect((await consume([work], bindings())).acked).toHaveLength(1);
    }
    expect(await asked()).toHaveLength(2);
    expect(await successorOf(id)).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("what has been submitted in the place of another is not submitted again", async () => {
    expect(await submittedAgain({ predecessor: crypto.randomUUID() })).toEqual([]);
  });
});
