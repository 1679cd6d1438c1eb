import { expect, inject, it } from "vitest";
import { proofOf, UNDER_WAY_AT_A_KILL } from "./kill.ts";
import { type KillReport, killAgain } from "./play.ts";

const SHORT = { kills: 2, seed: 2_026, tellWithinMs: 30_000, awaitsLeases: false };

const WELL: KillReport = {
  kills: 2,
  seed: 1,
  jobs: 9,
  caught: 3,
  unanswered: 3,
  dropped: [],
  acknowledged: 9,
  byRetry: 3,
  lost: [],
  told: { requeued: 1, untold: [], held: 0, toldAgain: 20, toldTwice: [] },
  ackMs: [1, 2, 3],
};

it.runIf(inject("isFull"))(
  "nothing acknowledged is lost when the Worker is killed at random moments, and everybody is told",
  {
    timeout: 240_000,
  },
  async () => {
    const report = await killAgain(SHORT);
    const { told, ...stored } = report;
    expect(stored).toMatchObject({ lost: [], dropped: [] });
    expect(told).toMatchObject({ untold: [], toldTwice: [] });
    expect(report.acknowledged).toBeGreaterThanOrEqual(report.jobs);
    expect(told.held).toBeLessThanOrEqual(SHORT.kills * UNDER_WAY_AT_A_KILL);
    expect(proofOf(report).holds).toBe(true);
  },
);

it.each<[string, Partial<KillReport>]>([
  ["a body is lost", { lost: ["one"] }],
  ["Deepgram gave up", { dropped: ["one"] }],
  ["a kill met nothing", { caught: 0 }],
  ["nothing came by a retry", { byRetry: 0 }],
  ["nothing was acknowledged", { acknowledged: 0 }],
  ["somebody was never told", { told: { ...WELL.told, untold: ["one"] } }],
  ["somebody was told under two ids", { told: { ...WELL.told, toldTwice: ["one"] } }],
  ["more was told again than was under way", { told: { ...WELL.told, toldAgain: 21 } }],
])("does not hold when %s", (_, wrong) => {
  expect(proofOf(WELL).holds).toBe(true);
  expect(proofOf({ ...WELL, ...wrong }).holds).toBe(false);
});
