import { describe, expect, it } from "vitest";
import type { RequestId } from "../../../src/deepgram/request-id.ts";
import { conditionalPut } from "../../../src/store/bucket.ts";
import { headCallback } from "../../../src/store/callbacks.ts";
import { saveDeadLetter } from "../../../src/store/dead-letters.ts";
import { changeNames, readNames, replaceNames } from "../../../src/store/details.ts";
import { createExpectation, markLive } from "../../../src/store/expectations.ts";
import { namesKey, segmentsKey } from "../../../src/store/keys.ts";
import type { CallbackRecord } from "../../../src/store/record.ts";
import { readInsights, storeInsights, storeSegments } from "../../../src/store/stored-segments.ts";
import { claimSubmission } from "../../../src/store/submissions.ts";
import { listTranslation, putTranslation } from "../../../src/store/translations.ts";
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

  it("an overwrite waits for its second, and ends at once where another came first", async () => {
    const { bucket, refused } = rateLimited();
    const first = await bucket.put("k", "first");
    const over = (text: string, onlyIf = { etagMatches: first?.etag ?? "" }) =>
      conditionalPut(bucket, "k", onlyIf, () => bucket.put("k", text, { onlyIf }));
    expect(await over("second")).not.toBeNull();
    const started = performance.now();
    expect(await over("third")).toBeNull();
    expect(performance.now() - started).toBeLessThan(900);
    expect(refused).toEqual(["k", "k"]);
    await bucket.delete("k");
  });

  it("speakers who are named at once all have their names", LIMIT, async () => {
    const { bucket, refused } = rateLimited();
    const { id } = transcript();
    const requestId = id as RequestId;
    const named = ["0:0", "0:1", "0:2"].map((key) =>
      changeNames(bucket, requestId, new Map([[key, `name of ${key}`]])),
    );
    await Promise.all(named);
    expect((await readNames(bucket, requestId)).size).toBe(3);
    expect(refused).toContain(namesKey(requestId));
  });

  it("names are replaced by the last of several writers, none of whom fails", LIMIT, async () => {
    const { bucket } = rateLimited();
    const requestId = transcript().id as RequestId;
    const replace = (name: string) => replaceNames(bucket, requestId, new Map([["0:0", name]]));
    const tags = await Promise.all(["a", "b", "c"].map(replace));
    expect(tags.every((tag) => tag !== null)).toBe(true);
  });

  it(
    "a part of a translation, and a dead letter, that two consumers store at once, fail neither",
    LIMIT,
    async () => {
      const { bucket, refused } = rateLimited();
      const requestId = transcript().id as RequestId;
      const body = { requestId, sha256: "0".repeat(64), succession: null };
      const part = (lines: string) =>
        putTranslation(bucket, body, { language: "es", part: 0, lines }, { next: 1, last: true });
      await Promise.all([part("one"), part("two")]);
      expect(await listTranslation(bucket, body, "es")).toHaveLength(1);
      const work = { type: "catalogue" as const, request_id: requestId };
      const deadLetter = () =>
        saveDeadLetter(bucket, work, {
          state: "dead",
          attempts: 1,
          reason: "every attempt failed",
        });
      await Promise.all([deadLetter(), deadLetter()]);
      expect(refused).toHaveLength(2);
    },
  );

  it("what two consumers store of one large body fails neither", LIMIT, async () => {
    const { bucket, refused } = rateLimited();
    const { id, body } = transcript();
    await LANES.at(-1)?.deliver(body);
    const record = (await headCallback(bucket, id as RequestId)) as CallbackRecord;
    const store = async () => {
      await storeSegments(bucket, record);
      await storeInsights(bucket, record);
    };
    await Promise.all([store(), store()]);
    expect(refused).toContain(segmentsKey(record));
    expect((await bucket.head(segmentsKey(record)))?.size).toBeGreaterThan(0);
    expect(await readInsights(bucket, record)).toMatchObject({ summary: null });
  });
});
