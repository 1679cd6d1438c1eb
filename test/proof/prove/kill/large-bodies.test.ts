import { expect, inject, it } from "vitest";
import { killAmongLargeBodies, type LargeBodiesReport, proofOf } from "./large-bodies.ts";

const WELL: LargeBodiesReport = {
  kills: 2,
  seed: 1,
  acknowledged: { deliver: 9, promote: 3, delete: 2 },
  byRetry: 3,
  caught: 3,
  unnamed: 2,
  removed: 2,
  lost: [],
  unsettled: [],
};

it.runIf(inject("isFull"))(
  "no large body is lost, hidden or left when the Worker is killed at random moments",
  { timeout: 240_000 },
  async () => {
    const report = await killAmongLargeBodies({ kills: 2, seed: 2_026 });
    expect(report).toMatchObject({ lost: [], unsettled: [] });
    expect(proofOf(report).holds).toBe(true);
  },
);

it.each<[string, Partial<LargeBodiesReport>]>([
  ["a body is lost", { lost: ["one"] }],
  ["a body is left, or missing", { unsettled: ["one"] }],
  ["a kill met nothing", { caught: 0 }],
  ["nothing came by a retry", { byRetry: 0 }],
  ["nothing was acknowledged", { acknowledged: { deliver: 0, promote: 0, delete: 0 } }],
])("does not hold when %s", (_, wrong) => {
  expect(proofOf(WELL).holds).toBe(true);
  expect(proofOf({ ...WELL, ...wrong }).holds).toBe(false);
});
