import { describe, expect, it } from "vitest";
import {
  callbackUrl,
  jobCode,
  jobKind,
  jobMintedAt,
  newJob,
  verifyJob,
} from "../../../src/auth/job-credentials.ts";
import { fc } from "../../support/fast-check.ts";

const KEY = "signing-key-one-0123456789abcdef0";
const OTHER_KEY = "signing-key-two-0123456789abcdef0";
const NOW = Date.UTC(2026, 10, 24);
const DAY_MS = 86_400_000;

const createJob = async (key = KEY) => {
  const job = newJob("s", NOW);
  return { job, code: await jobCode(job, key) };
};

it("a job's URL has its credential, in characters that Deepgram takes", async () => {
  const { job, code } = await createJob();
  const url = new URL(await callbackUrl("https://edge.test", job, KEY));
  expect([url.username, url.password, url.pathname]).toEqual([job, code, `/hook/${job}`]);
  expect(`${job}${code}`).toMatch(/^[A-Za-z0-9-]+$/);
  expect([jobKind(job), jobMintedAt(job)]).toEqual(["s", NOW]);
});

it("a credential holds for three days, under every key that is still there", async () => {
  const { job, code } = await createJob();
  for (const keys of [[KEY], [OTHER_KEY, KEY]]) {
    expect(await verifyJob(job, code, keys, NOW)).toBe(true);
    expect(await verifyJob(job, code, keys, NOW + 3 * DAY_MS - 1_000)).toBe(true);
    expect(await verifyJob(job, code, keys, NOW + 3 * DAY_MS)).toBe(false);
  }
  for (const keys of [[], [OTHER_KEY]]) expect(await verifyJob(job, code, keys, NOW)).toBe(false);
});

it("no two jobs are one", () => {
  const jobs = Array.from({ length: 1_000 }, () => newJob("x", NOW));
  expect(new Set(jobs).size).toBe(1_000);
});

describe("a credential that is not the one given out", () => {
  it("of another job is refused", async () => {
    const [one, other] = [await createJob(), await createJob()];
    expect(await verifyJob(one.job, other.code, [KEY], NOW)).toBe(false);
  });

  it("with a later end is refused", async () => {
    const { job, code } = await createJob();
    const later = newJob("s", NOW + 30 * DAY_MS).split("-")[2];
    const stretched = job.replace(/[^-]+$/, later ?? "");
    expect(stretched).not.toBe(job);
    expect(await verifyJob(stretched, code, [KEY], NOW)).toBe(false);
  });

  it("is refused whatever is changed in a valid one", async () => {
    const { job, code } = await createJob();
    const valid = `${job}:${code}`;
    const changed = fc.oneof(
      fc
        .tuple(fc.nat(valid.length - 1), fc.string({ minLength: 1, maxLength: 3 }))
        .map(([at, text]) => valid.slice(0, at) + text + valid.slice(at + 1)),
      fc.nat(valid.length - 1).map((end) => valid.slice(0, end)),
      fc.nat(valid.length - 1).map((at) => valid.slice(0, at) + valid.slice(at + 1)),
      fc.string({ minLength: 1 }).map((more) => valid + more),
      fc.string(),
    );
    await fc.assert(
      fc.asyncProperty(changed, async (text) => {
        fc.pre(text !== valid);
        const [user = "", ...rest] = text.split(":");
        expect(await verifyJob(user, rest.join(":"), [KEY], NOW)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
});
