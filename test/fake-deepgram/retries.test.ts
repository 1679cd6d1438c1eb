import { expect, test } from "vitest";
import { harness } from "./harness.ts";

test("anything but 2xx is retried at the interval until it succeeds", async () => {
  const { fake, receiver, submitted } = await harness({ retryIntervalMs: 80 });
  receiver.statuses.push(500, 404, 302, 204);
  await submitted();
  const job = await fake.waitFor(({ state }) => state === "delivered");
  expect(job.attempts.map(({ number, status }) => [number, status])).toEqual([
    [1, 500],
    [2, 404],
    [3, 302],
    [4, 204],
  ]);
  const starts = job.attempts.map(({ startedAt }) => startedAt);
  const gaps = starts.slice(1).map((start, index) => start - starts[index]!);
  for (const gap of gaps) {
    expect(gap).toBeGreaterThanOrEqual(75);
    expect(gap).toBeLessThan(1000);
  }
  const [first, ...others] = receiver.requests.map(({ body }) => body.toString("hex"));
  expect(others).toEqual([first, first, first]);
});

test("after the tenth retry the callback is dropped", async () => {
  const { fake, receiver, submitted } = await harness({ retryIntervalMs: 1 });
  receiver.statuses.push(...Array.from({ length: 20 }, () => 503));
  await submitted();
  const job = await fake.waitFor(({ state }) => state === "dropped");
  expect(job.attempts).toHaveLength(11);
  expect(receiver.requests).toHaveLength(11);
});

test("no connection and no answer count as failures", async () => {
  const { fake, receiver, submitted } = await harness({ retries: 1, timeoutMs: 60 });
  receiver.statuses.push(0, 0);
  await submitted();
  const silent = await fake.waitFor(({ state }) => state === "dropped");
  expect(silent.attempts.map(({ status, error }) => [status, error])).toEqual([
    [null, "timed out"],
    [null, "timed out"],
  ]);
  await receiver.close();
  await submitted();
  const refused = await fake.waitFor(({ number, state }) => number === 2 && state === "dropped");
  expect(refused.attempts[0]?.error).toMatch(/ECONNREFUSED/);
});
