import { expect, it } from "vitest";
import { retryAfterSeconds } from "../../../src/follow-ups/channel.ts";
import { backOffSeconds } from "../../../src/queue/messages.ts";
import { fc } from "../../support/fast-check.ts";

it("doubles from 10 s to an hour, half of it at random", () => {
  expect([1, 2, 3, 9, 10, 50, 2_000].map((attempts) => backOffSeconds(attempts, 1))).toEqual([
    10, 20, 40, 2_560, 3_600, 3_600, 3_600,
  ]);
  expect([1, 2, 3, 10].map((attempts) => backOffSeconds(attempts, 0))).toEqual([5, 10, 20, 1_800]);
});

it("is a delay that a queue takes, whatever the dice say", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 100 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (n, r) => {
        const seconds = backOffSeconds(n, r);
        expect(Number.isInteger(seconds) && seconds >= 5 && seconds <= 3_600).toBe(true);
      },
    ),
  );
});

const NOW = Date.UTC(2026, 10, 23, 12);

it.each([
  [null, undefined],
  ["120", 120],
  ["0", 0],
  ["999999999", 3_600],
  ["Mon, 23 Nov 2026 12:01:00 GMT", 60],
  ["Mon, 23 Nov 2026 11:00:00 GMT", 0],
  ["soon", undefined],
  ["-5", undefined],
  ["1.5", undefined],
])("reads Retry-After %j as %j seconds", (value, seconds) => {
  expect(retryAfterSeconds(value, NOW)).toBe(seconds);
});
