import { expect, test } from "vitest";
import { timestamp, toMs } from "../../../../src/lib/times.ts";

test.each([
  [0, "00:00:00.000"],
  [61_001, "00:01:01.001"],
  [3_599_999, "00:59:59.999"],
  [25 * 3_600_000, "25:00:00.000"],
  [123 * 3_600_000 + 4_005, "123:00:04.005"],
])("%i ms is %s", (ms, text) => {
  expect(timestamp(ms)).toBe(text);
});

test("SubRip has a decimal comma", () => {
  expect(timestamp(1234, ",")).toBe("00:00:01,234");
});

test("seconds become whole milliseconds that can be counted on", () => {
  expect([1.0005, 0.1 + 0.2, -1, 59.9996].map(toMs)).toEqual([1001, 300, 0, 60_000]);
  expect(timestamp(toMs(1e300))).toMatch(/^\d+:\d\d:\d\d\.\d{3}$/);
});
