import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { type BenchWorker, PASSWORD, startFloor } from "../../../bench/worker.ts";
import { measure } from "./measure.ts";
import { judge, randomFrom, type Samples } from "./statistics.ts";
import { measureAll, proofOf } from "./timing.ts";

const ROUNDS = 300;
const NOISE_MS = 0.4;

/** Times that spread evenly over `NOISE_MS`, and are longer by `shiftMs` when the last byte is wrong. */
function samples(seed: number, shiftMs: number): Samples {
  const random = randomFrom(seed);
  const group = (plusMs: number) =>
    Float64Array.from({ length: ROUNDS }, () => 0.5 + plusMs + random() * NOISE_MS);
  return { first: group(0), again: group(0), last: group(shiftMs) };
}

const row = (what: string, seed: number, shiftMs: number) => ({
  what,
  verdict: judge(samples(seed, shiftMs)),
});

it("sees a difference that is a quarter of the noise, and which way it goes", () => {
  for (const shiftMs of [NOISE_MS / 4, -NOISE_MS / 4]) {
    const { isSeen, effect } = judge(samples(7, shiftMs));
    expect(isSeen).toBe(true);
    expect(Math.sign(effect.ms)).toBe(Math.sign(shiftMs));
    expect(effect.low).toBeLessThan(effect.ms);
    expect(effect.high).toBeGreaterThan(effect.ms);
  }
});

it("sees none where there is none", () => {
  const seen = [11, 12, 13].map((seed) => judge(samples(seed, 0)).isSeen);
  expect(seen).toEqual([false, false, false]);
});

it("gives the noise between two groups of the same request apart from the difference", () => {
  const { noise, effect } = judge(samples(7, 1));
  expect(Math.abs(noise.ms)).toBeLessThan(NOISE_MS / 5);
  expect(effect.ms).toBeGreaterThan(0.9);
});

it("holds only when ours shows nothing and the control does", () => {
  const [quiet, telling] = [row("password", 11, 0), row("password", 7, 0.1)];
  expect(proofOf([quiet], telling).holds).toBe(true);
  expect(proofOf([quiet, telling], telling).holds).toBe(false);
  const blind = proofOf([quiet], quiet);
  expect(blind.holds).toBe(false);
  expect(blind.section).toContain("shows nothing");
});

it("does not take a control that goes the wrong way", () => {
  expect(proofOf([row("password", 11, 0)], row("control", 7, -0.1)).holds).toBe(false);
});

it.runIf(inject("isFull"))(
  "asks for every secret of ours, takes the right one and refuses each that is wrong",
  async () => {
    // That it does not throw says so; what was measured in so few rounds says nothing.
    const { ours, control } = await measureAll(100);
    expect(ours.map(({ what }) => what)).toEqual([
      "password",
      "`callback_secret`",
      "API token",
      "password of a job's `/hook/{job}`",
    ]);
    for (const { verdict } of [...ours, control]) {
      expect(Object.values(verdict.median).every((ms) => ms > 0)).toBe(true);
    }
  },
);

describe.runIf(inject("isFull"))("a measurement", () => {
  let floor: BenchWorker;

  beforeAll(async () => {
    floor = await startFloor("early-exit");
  });
  afterAll(() => floor.stop());

  const present = (password: string) => ({
    method: "POST",
    path: "/",
    headers: { authorization: `Basic ${btoa(`deepgram:${password}`)}` },
    body: "",
  });

  it("ends when the right secret is refused", async () => {
    await expect(measure(floor.url, present, "another", 6)).rejects.toThrow("was refused");
  });

  it("ends when a wrong secret is not refused", async () => {
    const always = () => present(PASSWORD);
    await expect(measure(floor.url, always, PASSWORD, 6)).rejects.toThrow("a wrong secret was");
  });
});
