import { env } from "cloudflare:workers";
import { afterEach, describe, expect, inject, it, vi } from "vitest";
import { errorBody } from "../../support/bodies/errors.ts";
import { consume, runCron } from "../../support/consume.ts";
import { deliver, settledKeys, storedKeys, transcript } from "../../support/deliver.ts";
import { faulty, refuses } from "../../support/faulty.ts";
import { asOperator, get, OPERATOR, READER } from "../../support/get.ts";
import { statusOf } from "../../support/jobs.ts";
import { LANES } from "../../support/lanes.ts";
import { mortal, WHEN } from "../../support/mortal.ts";
import { rateLimited } from "../../support/rate-limited.ts";
import { later } from "../../support/work-off.ts";

const MOST_OPERATIONS = 40;

afterEach(() => {
  vi.useRealTimers();
});

async function digestOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(digest).toHex();
}

const promote = async (id: string, body: string, replaced: Partial<Env> = {}) =>
  get(`/v1/transcripts/${id}/versions/${await digestOf(body)}/promote`, {
    method: "POST",
    headers: { authorization: OPERATOR },
    env: replaced,
  });

const read = async (id: string, query = "") =>
  (await get(`/v1/transcripts/${id}.json${query}`)).text();

/** One is current, and both can be read. */
async function isCurrent(id: string, body: string, ...others: string[]): Promise<void> {
  expect((await read(id, `?version=${await digestOf(body)}`)) === body).toBe(true);
  const { sha256, conflicts } = await statusOf(id);
  expect(sha256).toBe(await digestOf(body));
  const digests = await Promise.all(others.map(digestOf));
  const found = (conflicts as { sha256: string }[]).map((each) => each.sha256);
  expect(found.sort()).toEqual(digests.sort());
  for (const other of others) {
    expect((await read(id, `?version=${await digestOf(other)}`)) === other).toBe(true);
  }
}

function two() {
  const { id, body } = transcript();
  return { id, first: body, second: transcript({ requestId: id, seed: 2 }).body };
}

describe.each(LANES.filter(({ name }) => name.endsWith("with a length")))("$name", (lane) => {
  it("makes a version the current body, and the current one a version", async () => {
    const { id, first, second } = two();
    for (const body of [first, second]) await lane.deliver(body);
    const [one, other] = [lane.grown(first), lane.grown(second)];
    await isCurrent(id, one, other);
    const response = await promote(id, other);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ sha256: await digestOf(other) });
    await isCurrent(id, other, one);
    // Again, and back.
    expect((await promote(id, other)).status).toBe(200);
    await isCurrent(id, other, one);
    expect((await promote(id, one)).status).toBe(200);
    await isCurrent(id, one, other);
  });

  it("two other promotions in between, of another body and back, are not taken for none", async () => {
    const { id, first, second } = two();
    const third = transcript({ requestId: id, seed: 3 }).body;
    for (const body of [first, second, third]) await lane.deliver(body);
    const [one, other, another] = [first, second, third].map(lane.grown) as [
      string,
      string,
      string,
    ];
    let hasCome = false;
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, {
      put: async (key: string, ...rest: [never]) => {
        if (key === `callbacks/${id}` && !hasCome) {
          hasCome = true;
          expect((await promote(id, another)).status).toBe(200);
          expect((await promote(id, one)).status).toBe(200);
        }
        return env.TRANSCRIPTS.put(key, ...rest);
      },
    });
    expect((await promote(id, other, { TRANSCRIPTS })).status).toBe(200);
    await isCurrent(id, other, one, another);
    const record = await env.TRANSCRIPTS.head(`callbacks/${id}`);
    expect(JSON.parse(record?.customMetadata?.succession ?? "")).toMatchObject({ revision: 3 });
    // What was copied for each promotion is named, noted, or gone.
    await settledKeys();
  });

  const isPlayed = lane.name.startsWith("held") || !inject("isQuick");

  it.runIf(isPlayed)(
    "survives the death of the Worker at each step",
    {
      timeout: 120_000,
    },
    async () => {
      let lives = false;
      for (let operation = 1; !lives && operation <= MOST_OPERATIONS; operation++) {
        lives = true;
        for (const when of WHEN) {
          const { id, first, second } = two();
          for (const body of [first, second]) await lane.deliver(body);
          const [one, other] = [lane.grown(first), lane.grown(second)];
          const { died, env: replaced } = mortal({ operation, when });
          const asked = promote(id, other, replaced).then(({ status }) => status);
          if ((await Promise.race([asked, died])) === "died") lives = false;
          const { sha256 } = await statusOf(id);
          const isDone = sha256 === (await digestOf(other));
          await isCurrent(id, isDone ? other : one, isDone ? one : other);
          expect((await promote(id, other)).status).toBe(200);
          await isCurrent(id, other, one);
        }
      }
      expect(lives).toBe(true);
      later(3 * 3_600);
      for (const cron of ["17 * * * *", "* * * * *", "* * * * *"]) {
        await runCron(cron);
      }
      await settledKeys();
    },
  );
});

it("a failure can be promoted over a transcript, and a copy of the transcript leaves it", async () => {
  const { id, body } = transcript();
  const failure = errorBody("category", id);
  for (const each of [failure, body]) await deliver(each);
  expect((await promote(id, failure)).status).toBe(200);
  expect(await statusOf(id)).toMatchObject({ state: "failed" });
  expect((await deliver(body)).status).toBe(200);
  await isCurrent(id, failure, body);
  // One that was not there then is ranked.
  const other = transcript({ requestId: id, seed: 3 }).body;
  expect((await deliver(other)).status).toBe(200);
  await isCurrent(id, other, body, failure);
});

it("what is not there is 404, what was deleted 410", async () => {
  const { id, first, second } = two();
  expect((await promote(id, first)).status).toBe(404);
  await deliver(first);
  expect((await promote(id, second)).status).toBe(404);
  expect((await asOperator(`/v1/transcripts/${id}/versions/x/promote`, "POST")).status).toBe(404);
  await deliver(second);
  await asOperator(`/v1/transcripts/${id}`, "DELETE");
  const response = await promote(id, second);
  expect(response.status).toBe(410);
  expect(response.headers.get("content-type")).toBe("application/problem+json");
});

it("needs the scope admin", async () => {
  const { id, first, second } = two();
  for (const body of [first, second]) await deliver(body);
  const path = `/v1/transcripts/${id}/versions/${await digestOf(second)}/promote`;
  const response = await get(path, { method: "POST", headers: { authorization: READER } });
  expect(response.status).toBe(403);
  await isCurrent(id, first, second);
});

it("several promotions and a callback at once: one is current, none is lost", async () => {
  const { id, first, second } = two();
  const [third, fourth] = [3, 4].map((seed) => transcript({ requestId: id, seed }).body);
  const all = [first, second, third as string];
  for (const body of all) await deliver(body);
  const promotions = [...all, ...all].map((body) => promote(id, body));
  const answers = await Promise.all([...promotions, deliver(fourth as string)]);
  for (const { status } of answers) expect([200, 409]).toContain(status);
  for (const body of [...all, fourth as string]) {
    expect(await read(id, `?version=${await digestOf(body)}`)).toBe(body);
  }
});

it("a transcript that comes in between is not lost", async () => {
  const { id, body } = transcript();
  const [failure, other] = [errorBody("category", id), errorBody("err_code", id)];
  for (const each of [failure, other]) await deliver(each);
  let hasCome = false;
  const TRANSCRIPTS = faulty(env.TRANSCRIPTS, {
    put: async (key: string, ...rest: [never]) => {
      if (key === `callbacks/${id}` && !hasCome) {
        hasCome = true;
        expect((await deliver(body)).status).toBe(200);
      }
      return env.TRANSCRIPTS.put(key, ...rest);
    },
  });
  expect((await promote(id, other, { TRANSCRIPTS })).status).toBe(200);
  await isCurrent(id, other, body, failure);
});

it("a deletion in between stays, and leaves no version", async () => {
  const { id, first, second } = two();
  for (const body of [first, second]) await deliver(body);
  let isDeleted = false;
  const TRANSCRIPTS = faulty(env.TRANSCRIPTS, {
    put: async (key: string, ...rest: [never]) => {
      const object = await env.TRANSCRIPTS.put(key, ...rest);
      if (key.includes("/versions/") && !isDeleted) {
        isDeleted = true;
        await asOperator(`/v1/transcripts/${id}`, "DELETE");
        await env.TRANSCRIPTS.put(key, "written late");
      }
      return object;
    },
  });
  expect((await promote(id, second, { TRANSCRIPTS })).status).toBe(410);
  expect((await storedKeys()).filter((key) => key.includes(id))).toEqual([`callbacks/${id}`]);
});

it("waits for R2 when the key was written within the second", { timeout: 15_000 }, async () => {
  const { id, first, second } = two();
  const { bucket, refused } = rateLimited();
  for (const body of [first, second]) await deliver(body, { env: { TRANSCRIPTS: bucket } });
  expect((await promote(id, second, { TRANSCRIPTS: bucket })).status).toBe(200);
  expect((await promote(id, first, { TRANSCRIPTS: bucket })).status).toBe(200);
  expect(refused).toContain(`callbacks/${id}`);
  await isCurrent(id, first, second);
});

it("is 503 when R2 does not answer", async () => {
  const { id, first, second } = two();
  for (const body of [first, second]) await deliver(body);
  const TRANSCRIPTS = faulty(env.TRANSCRIPTS, { put: refuses("internal error") });
  expect((await promote(id, second, { TRANSCRIPTS })).status).toBe(503);
  await isCurrent(id, first, second);
});

describe("the catalogue and the search", () => {
  const said = (id: string, word: string) => {
    const words = [{ word, start: 0, end: 0.5, confidence: 0.9 }];
    const channels = [{ alternatives: [{ transcript: word, confidence: 0.9, words }] }];
    return JSON.stringify({ metadata: { request_id: id, duration: 1 }, results: { channels } });
  };
  const update = (id: string) => consume([{ type: "callback", request_id: id }]);
  const found = async (word: string) => {
    const answer = await (await get(`/v1/search?q=${word}`)).json<{ transcripts: unknown[] }>();
    return answer.transcripts.length;
  };

  it("tell of the promoted body alone", async () => {
    const id = crypto.randomUUID();
    const [one, other] = [said(id, "medlar"), said(id, "persimmon")];
    for (const body of [one, other]) await deliver(body);
    await update(id);
    expect([await found("medlar"), await found("persimmon")]).toEqual([1, 0]);
    await promote(id, other);
    await update(id);
    expect([await found("medlar"), await found("persimmon")]).toEqual([0, 1]);
  });

  it("find nothing of a transcript over which a failure was promoted", async () => {
    const id = crypto.randomUUID();
    const [body, failure] = [said(id, "loquat"), errorBody("category", id)];
    for (const each of [failure, body]) await deliver(each);
    await update(id);
    expect(await found("loquat")).toBe(1);
    await promote(id, failure);
    await update(id);
    expect(await found("loquat")).toBe(0);
  });

  it("are not put back by a consumer that read the record before", async () => {
    const id = crypto.randomUUID();
    const [one, other] = [said(id, "sorb"), said(id, "bullace")];
    for (const body of [one, other]) await deliver(body);
    let isPromoted = false;
    const CATALOGUE = faulty(env.CATALOGUE, {
      batch: async (statements: D1PreparedStatement[]) => {
        if (!isPromoted) {
          isPromoted = true;
          await promote(id, other);
          await update(id);
        }
        return env.CATALOGUE.batch(statements);
      },
    });
    await consume([{ type: "callback", request_id: id }], { CATALOGUE });
    expect([await found("sorb"), await found("bullace")]).toEqual([0, 1]);
    const listed = await (await get("/v1/transcripts")).json<{ transcripts: unknown[] }>();
    expect(listed.transcripts).toMatchObject([{ request_id: id, preview: "bullace" }]);
  });
});
