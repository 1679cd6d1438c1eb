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
  notified: { requeued: 1, missing: [], held: 0, repeated: 20, notifiedTwice: [] },
  ackMs: [1, 2, 3],
};

it.runIf(inject("isFull"))(
  "nothing acknowledged is lost when the Worker is killed at random moments, and everybody is notified",
  {
    timeout: 240_000,
  },
  async () => {
    const report = await killAgain(SHORT);
    const { notified, ...stored } = report;
    expect(stored).toMatchObject({ lost: [], dropped: [] });
    expect(notified).toMatchObject({ missing: [], notifiedTwice: [] });
    expect(report.acknowledged).toBeGreaterThanOrEqual(report.jobs);
    expect(notified.held).toBeLessThanOrEqual(SHORT.kills * UNDER_WAY_AT_A_KILL);
    expect(proofOf(report).holds).toBe(true);
  },
);

it.each<[string, Partial<KillReport>]>([
  ["a body is lost", { lost: ["one"] }],
  ["Deepgram gave up", { dropped: ["one"] }],
  ["a kill met nothing", { caught: 0 }],
  ["nothing came by a retry", { byRetry: 0 }],
  ["nothing was acknowledged", { acknowledged: 0 }],
  ["somebody was never notified", { notified: { ...WELL.notified, missing: ["one"] } }],
  [
    "somebody was notified under two ids",
    { notified: { ...WELL.notified, notifiedTwice: ["one"] } },
  ],
  ["more was repeated than was under way", { notified: { ...WELL.notified, repeated: 21 } }],
])("does not hold when %s", (_, wrong) => {
  expect(proofOf(WELL).holds).toBe(true);
  expect(proofOf({ ...WELL, ...wrong }).holds).toBe(false);
});
