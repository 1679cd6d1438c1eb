import { env } from "cloudflare:workers";
import { afterEach, describe, expect, inject, it, vi } from "vitest";
import { MAX_HELD_BYTES } from "../../../src/lib/held-bytes.ts";
import { bodyKey, bodyRefKey } from "../../../src/store/keys.ts";
import { noteDisplaced, sweepBodies } from "../../../src/store/sweep-bodies.ts";
import { runCron } from "../../support/consume.ts";
import { deliver, settledKeys, storedKeys, transcript } from "../../support/deliver.ts";
import { faulty } from "../../support/faulty.ts";
import { asOperator } from "../../support/get.ts";

const HOUR_MS = 3_600_000;
const PADDING = " ".repeat(MAX_HELD_BYTES);

afterEach(() => {
  vi.useRealTimers();
});

const hourly = (replaced?: Partial<Env>) => runCron("17 * * * *", replaced);
const minutely = (replaced?: Partial<Env>) => runCron("* * * * *", replaced);

const wait = (hours: number) =>
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + hours * HOUR_MS });

const bodiesThere = async () => (await storedKeys()).filter((key) => key.startsWith("bodies/"));
const withoutProgress = (keys: string[]) => keys.filter((key) => key !== "bodies-swept");

/** A large transcript that was delivered. */
async function delivered(requestId: string = crypto.randomUUID(), seed = 1) {
  const body = transcript({ requestId, seed }).body + PADDING;
  expect((await deliver(body)).status).toBe(200);
  return { id: requestId, body };
}

async function digestOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(digest).toHex();
}

const bodyOf = async (key: string) => (await env.TRANSCRIPTS.head(key))?.customMetadata?.body ?? "";

const overwrite = (key: string, customMetadata: Record<string, string>) =>
  env.TRANSCRIPTS.put(key, crypto.randomUUID(), { customMetadata });

describe("the sweeper of large bodies", () => {
  it("removes a body without a reference two hours later, and not before", async () => {
    const { id } = await delivered();
    await env.TRANSCRIPTS.put(bodyKey(Date.now(), crypto.randomUUID()), "x");
    await hourly();
    expect(await bodiesThere()).toHaveLength(2);
    wait(2);
    await hourly();
    expect(await bodiesThere()).toHaveLength(1);
    expect(withoutProgress(await settledKeys())).toEqual([`callbacks/${id}`]);
  });

  it("removes a body that its record does not name, and a reference without its body", async () => {
    const { id } = await delivered();
    const { customMetadata } = (await env.TRANSCRIPTS.head(`callbacks/${id}`)) ?? {};
    await overwrite(`callbacks/${id}`, { ...customMetadata, body: "bodies/another" });
    await env.TRANSCRIPTS.put(bodyRefKey(bodyKey(Date.now(), crypto.randomUUID())), "", {
      customMetadata: { owner: `callbacks/${id}`, sha256: "0" },
    });
    wait(2);
    await hourly();
    expect(withoutProgress(await storedKeys())).toEqual([`callbacks/${id}`]);
  });

  it("removes a reference without its body where no body is left", async () => {
    await env.TRANSCRIPTS.put(bodyRefKey(bodyKey(Date.now(), crypto.randomUUID())), "", {
      customMetadata: { owner: "callbacks/one", sha256: "0" },
    });
    await hourly();
    expect(await storedKeys()).toHaveLength(1);
    wait(2);
    await hourly();
    expect(await storedKeys()).toEqual([]);
  });

  it("leaves what a version or a quarantine entry names", async () => {
    const { id } = await delivered();
    const other = await delivered(id, 2);
    const path = `/v1/transcripts/${id}/versions/${await digestOf(other.body)}/promote`;
    expect((await asOperator(path, "POST")).status).toBe(200);
    expect((await deliver(`nobody knows${PADDING}`)).status).toBe(422);
    wait(3);
    await hourly();
    expect(await bodiesThere()).toHaveLength(3);
    await settledKeys();
  });

  it("removes what an erasure that was broken off has left of a body", async () => {
    const { id } = await delivered();
    const body = await bodyOf(`callbacks/${id}`);
    const { customMetadata } = (await env.TRANSCRIPTS.head(`callbacks/${id}`)) ?? {};
    await overwrite(`beside/${id}/versions/${customMetadata?.sha256}`, customMetadata ?? {});
    await overwrite(`callbacks/${id}`, {
      state: "deleted",
      deleted_at: "2026-11-29T00:00:00Z",
      body,
    });
    wait(2);
    await hourly();
    expect(withoutProgress(await storedKeys())).toEqual([`callbacks/${id}`]);
  });

  it("looks at each body once, and again after a fault", async () => {
    await delivered();
    wait(2);
    const reads: string[] = [];
    const head = (key: string) => {
      reads.push(key);
      if (reads.length === 1) throw new Error("internal error");
      return env.TRANSCRIPTS.head(key);
    };
    const TRANSCRIPTS = faulty(env.TRANSCRIPTS, { head });
    for (let time = 1; time <= 3; time++) await hourly({ TRANSCRIPTS });
    expect(reads.filter((key) => key.startsWith("callbacks/"))).toHaveLength(2);
    expect(await bodiesThere()).toHaveLength(1);
  });

  it("continues within a minute after a fault", async () => {
    await env.TRANSCRIPTS.put(bodyKey(Date.now(), crypto.randomUUID()), "x");
    wait(2);
    const remove = () => Promise.reject(new Error("internal error"));
    await hourly({ TRANSCRIPTS: faulty(env.TRANSCRIPTS, { delete: remove }) });
    expect(await bodiesThere()).toHaveLength(1);
    await minutely();
    expect(await bodiesThere()).toEqual([]);
  });
});

describe("a displaced body", () => {
  /** A body that nothing names any more, long after its hour was swept. */
  async function displaced() {
    const { id, body } = await delivered();
    wait(5);
    await hourly();
    const place = await bodyOf(`callbacks/${id}`);
    const owned = { body: place, owner: `callbacks/${id}`, sha256: await digestOf(body) };
    await noteDisplaced(env.TRANSCRIPTS, owned);
    const { customMetadata } = (await env.TRANSCRIPTS.head(`callbacks/${id}`)) ?? {};
    const unname = () =>
      overwrite(`callbacks/${id}`, { ...customMetadata, body: "bodies/another" });
    const rename = () => overwrite(`callbacks/${id}`, customMetadata ?? {});
    return { id, unname, rename };
  }

  it("goes at its check, with its notes, though its hour was swept", async () => {
    const { id, unname } = await displaced();
    await unname();
    await hourly();
    expect(await bodiesThere()).toHaveLength(1);
    wait(2);
    await hourly();
    expect(withoutProgress(await storedKeys())).toEqual([`callbacks/${id}`]);
  });

  it("stays when it is named again by then, without its notes", async () => {
    const { id, rename } = await displaced();
    await rename();
    wait(2);
    await hourly();
    expect(withoutProgress(await settledKeys())).toEqual([`callbacks/${id}`]);
  });

  it("that was noted again is left to its last check", async () => {
    const { id, unname } = await displaced();
    wait(1.99);
    const body = await bodyOf(`callbacks/${id}`);
    const { sha256 = "" } = (await env.TRANSCRIPTS.head(`callbacks/${id}`))?.customMetadata ?? {};
    await noteDisplaced(env.TRANSCRIPTS, { body, owner: `callbacks/${id}`, sha256 });
    await unname();
    await hourly();
    expect(await bodiesThere()).toHaveLength(1);
    wait(2);
    await hourly();
    expect(withoutProgress(await storedKeys())).toEqual([`callbacks/${id}`]);
  });

  it("whose own hour is swept is left to its check", async () => {
    const { id } = await delivered();
    wait(1.99);
    const body = await bodyOf(`callbacks/${id}`);
    const { customMetadata = {} } = (await env.TRANSCRIPTS.head(`callbacks/${id}`)) ?? {};
    await noteDisplaced(env.TRANSCRIPTS, {
      body,
      owner: `callbacks/${id}`,
      sha256: customMetadata.sha256 ?? "",
    });
    await overwrite(`callbacks/${id}`, { ...customMetadata, body: "bodies/another" });
    wait(0.02);
    await hourly();
    expect(await bodiesThere()).toHaveLength(1);
    wait(2);
    await hourly();
    expect(await bodiesThere()).toEqual([]);
  });

  it("goes at once when the request is deleted", async () => {
    const { id, unname } = await displaced();
    await unname();
    expect((await asOperator(`/v1/transcripts/${id}`, "DELETE")).status).toBe(204);
    expect(await bodiesThere()).toEqual([]);
    wait(2);
    await hourly();
    expect(withoutProgress(await storedKeys())).toEqual([`callbacks/${id}`]);
  });
});

describe("with many bodies", { timeout: 60_000 }, () => {
  const MANY = 600;
  /** The invocation's limit is 1,000; the cron has other work. */
  const MOST_OPERATIONS = 600;

  /** Small objects in the places of bodies of one hour, most of them named. */
  async function stored(at: number, count: number) {
    const put = async (number: number) => {
      const key = bodyKey(at, crypto.randomUUID());
      const owner = `callbacks/${crypto.randomUUID()}`;
      const sha256 = String(number).padStart(64, "0");
      await env.TRANSCRIPTS.put(key, "x");
      await env.TRANSCRIPTS.put(bodyRefKey(key), "", { customMetadata: { owner, sha256 } });
      if (number % 100 !== 0) await overwrite(owner, { state: "received", body: key });
    };
    for (let from = 0; from < count; from += 100) {
      await Promise.all(Array.from({ length: 100 }, (_, each) => put(from + each)));
    }
  }

  /** The bucket, with the operations on it and how many there were at once. */
  function counted() {
    const counts = { operations: 0, atOnce: 0, most: 0 };
    const count =
      <Args extends unknown[], Value>(work: (...args: Args) => Promise<Value>) =>
      async (...args: Args): Promise<Value> => {
        counts.operations++;
        counts.most = Math.max(counts.most, ++counts.atOnce);
        return work(...args).finally(() => counts.atOnce--);
      };
    const { TRANSCRIPTS: bucket } = env;
    const replaced = {
      head: count(bucket.head.bind(bucket)),
      get: count(bucket.get.bind(bucket) as never),
      put: count(bucket.put.bind(bucket) as never),
      list: count(bucket.list.bind(bucket)),
      delete: count(bucket.delete.bind(bucket)),
    };
    return { bucket: faulty(bucket, replaced), counts };
  }

  const inFull = it.skipIf(inject("isQuick"));

  inFull("continues every minute, and keeps up with more than 10,000 an hour", async () => {
    await stored(Date.now(), MANY);
    const now = Date.now() + 2 * HOUR_MS;
    const left: number[] = [];
    let runs = 0;
    let removed = 0;
    for (let isDone = false; !isDone; runs++) {
      const { bucket, counts } = counted();
      const swept = await sweepBodies(bucket, now, runs === 0 ? "start" : "continue");
      removed += swept.removed;
      left.push(swept.hoursLeft);
      isDone = swept.hoursLeft === 0;
      expect(counts.operations).toBeLessThan(MOST_OPERATIONS);
      expect(counts.most).toBeLessThanOrEqual(3);
    }
    expect(removed).toBe(MANY / 100);
    expect(await bodiesThere()).toHaveLength(MANY - MANY / 100);
    // As many in each minute of an hour.
    const eachRun = (MANY - 50) / (runs - 1);
    expect(eachRun * 60).toBeGreaterThan(10_000);
    expect(left.slice(0, -1)).toEqual(Array(runs - 1).fill(1));
    const { bucket, counts } = counted();
    await sweepBodies(bucket, now, "continue");
    expect(counts.operations).toBe(1);
  });

  it("says so when it does not keep up", async () => {
    await stored(Date.now(), 100);
    wait(5);
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    await hourly();
    const said = warn.mock.calls.flat().join();
    warn.mockRestore();
    expect(said).toContain('"event":"bodies.late"');
  });
});
