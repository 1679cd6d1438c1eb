import { describe, expect, it } from "vitest";
import type { RequestId } from "../../../src/deepgram/request-id.ts";
import { createExpectation, markLive } from "../../../src/store/expectations.ts";
import { claimSubmission } from "../../../src/store/idempotency.ts";
import { settledKeys, transcript } from "../../support/deliver.ts";
import { asOperator, get } from "../../support/get.ts";
import { call, expected, job, statusOf } from "../../support/jobs.ts";
import { LANES } from "../../support/lanes.ts";
import { rateLimited } from "../../support/rate-limited.ts";

/** More than one after another could write within the time of an answer. */
const MANY = 8;

/** What is not answered 503 is neither logged as an error nor, where it is 2xx, counted as refused. */
const statuses = async (answers: Promise<Response>[]) => [
  ...new Set((await Promise.all(answers)).map(({ status }) => status)),
];

const read = async (id: string) => (await get(`/v1/transcripts/${id}.json`)).text();

const keysOf = async (id: string) => (await settledKeys()).filter((key) => key.includes(id));

const LIMIT = { timeout: 20_000 };

describe.each(LANES)("with one write a second for a key, $name", (lane) => {
  it("copies at once are all acknowledged, and stored once", LIMIT, async () => {
    const { id, body } = transcript();
    const { bucket, refused } = rateLimited();
    const send = () => lane.deliver(body, { env: { TRANSCRIPTS: bucket } });
    expect(await statuses(Array.from({ length: MANY }, send))).toEqual([200]);
    expect(refused.filter((key) => key !== `callbacks/${id}`)).toEqual([]);
    expect((await read(id)) === lane.grown(body)).toBe(true);
    expect(await keysOf(id)).toEqual([`callbacks/${id}`]);
  });

  it("different bodies at once are all acknowledged, and kept", LIMIT, async () => {
    const { id } = transcript();
    const { bucket } = rateLimited();
    const bodies = Array.from(
      { length: MANY },
      (_, seed) => transcript({ requestId: id, seed }).body,
    );
    const answers = bodies.map((body) => lane.deliver(body, { env: { TRANSCRIPTS: bucket } }));
    expect(await statuses(answers)).toEqual([200]);
    expect(await keysOf(id)).toHaveLength(MANY);
    expect((await statusOf(id)).conflicts).toHaveLength(MANY - 1);
  });

  it("copies of what cannot be matched are quarantined once", LIMIT, async () => {
    const { bucket } = rateLimited();
    const text = `nobody knows ${crypto.randomUUID()}`;
    const send = () => lane.deliver(text, { env: { TRANSCRIPTS: bucket } });
    expect(await statuses(Array.from({ length: MANY }, send))).toEqual([422]);
    const kept = (await settledKeys()).filter((key) => key.startsWith("quarantine/"));
    expect(kept).toHaveLength(1);
  });
});

describe("with one write a second for a key", () => {
  it("a job's first callbacks at once bind it and are acknowledged", LIMIT, async () => {
    const { bucket, refused } = rateLimited();
    const its = await job("x");
    const { id, body } = transcript();
    const send = () => call(body, its, { TRANSCRIPTS: bucket });
    expect(await statuses(Array.from({ length: MANY }, send))).toEqual([200]);
    expect(refused).toContain(`submitted/${its.name}`);
    expect(await read(id)).toBe(body);
  });

  it("callbacks of a deleted job leave a tombstone and are acknowledged", LIMIT, async () => {
    const { bucket, refused } = rateLimited();
    const its = await expected();
    const deletion = await asOperator(`/v1/transcripts/${its.request_id}`, "DELETE");
    expect(deletion.status).toBe(204);
    const { id, body } = transcript();
    const send = () => call(body, its, { TRANSCRIPTS: bucket });
    expect(await statuses(Array.from({ length: MANY }, send))).toEqual([200]);
    expect(refused).toContain(`callbacks/${id}`);
    expect((await get(`/v1/transcripts/${id}.json`)).status).toBe(410);
  });

  it(
    "a request that was registered within the second becomes live, with one owner",
    LIMIT,
    async () => {
      const { bucket, refused } = rateLimited();
      const requestId = crypto.randomUUID() as RequestId;
      const now = Date.now();
      const expectedAt = new Date(now).toISOString();
      await createExpectation(bucket, { requestId, state: "expected", expectedAt });
      const owners = Array.from({ length: MANY }, (_, number) =>
        markLive(bucket, requestId, `owner-${number}`, now),
      );
      const claimed = new Set((await Promise.all(owners)).map(({ owner }) => owner));
      expect(claimed.size).toBe(1);
      expect(refused).toContain(`expected/${requestId}`);
    },
  );

  it("of submissions with one Idempotency-Key at once one goes out, and none fails", async () => {
    const { bucket } = rateLimited();
    const claim = (number: number) => {
      const claimed = { job: `job-${number}`, request: "same", hasAudio: false };
      return claimSubmission(bucket, "name", claimed, Date.now());
    };
    const claims = await Promise.all(Array.from({ length: MANY }, (_, number) => claim(number)));
    const states = claims.map(({ state }) => state).sort();
    expect(states).toEqual(["mine", ...Array(MANY - 1).fill("running")]);
  });
});
