import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { stepsWithin } from "../../../src/lib/timeout.ts";
import { hangs } from "../../support/faulty.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] }));
afterEach(() => void vi.useRealTimers());

/** What has become of a promise after so many more milliseconds. */
async function stateAfter(ms: number, promise: Promise<unknown>): Promise<string> {
  const state = promise.then(
    () => "done",
    (error: Error) => error.message,
  );
  await vi.advanceTimersByTimeAsync(ms);
  return Promise.race([state, Promise.resolve().then(() => Promise.resolve("pending"))]);
}

describe("steps with a common deadline", () => {
  it("settle as their work does", async () => {
    const steps = stepsWithin(9_000);
    expect(await steps.run(Promise.resolve(1), 3_000, "one")).toBe(1);
    await expect(steps.run(Promise.reject(new Error("no")), 0, "two")).rejects.toThrow("no");
    steps.end();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("leave time to those that follow", async () => {
    const step = stepsWithin(9_000).run(hangs(), 3_000, "storing");
    expect(await stateAfter(5_999, step)).toBe("pending");
    expect(await stateAfter(1, step)).toBe("storing took longer than 6000 ms");
  });

  it("have their own time though the timer was set for an earlier one", async () => {
    const steps = stepsWithin(9_000);
    await steps.run(Promise.resolve(), 3_000, "storing");
    await vi.advanceTimersByTimeAsync(5_000);
    const step = steps.run(hangs(), 1_500, "the queue");
    expect(await stateAfter(2_499, step)).toBe("pending");
    expect(await stateAfter(1, step)).toBe("the queue took longer than 2500 ms");
    const last = steps.run(hangs(), 0, "the marker");
    expect(await stateAfter(1_499, last)).toBe("pending");
    expect(await stateAfter(1, last)).toBe("the marker took longer than 1500 ms");
  });

  it("end earlier where more time is to be left than before", async () => {
    const steps = stepsWithin(9_000);
    await steps.run(Promise.resolve(), 1_000, "one");
    const step = steps.run(hangs(), 4_000, "two");
    expect(await stateAfter(4_999, step)).toBe("pending");
    expect(await stateAfter(1, step)).toBe("two took longer than 5000 ms");
  });

  it("do not wait for a clock that stands still", async () => {
    vi.useRealTimers();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const steps = stepsWithin(9_000);
    await steps.run(Promise.resolve(), 3_000, "storing");
    const step = steps.run(hangs(), 0, "the queue");
    expect(await stateAfter(9_100, step)).toMatch("the queue took longer");
  });
});
