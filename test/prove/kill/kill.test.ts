import { expect, it } from "vitest";
import { killAgain } from "./play.ts";

it("nothing acknowledged is lost when the Worker is killed at random moments", {
  timeout: 240_000,
}, async () => {
  const report = await killAgain({ kills: 2, seed: 2_026, tellWithinMs: 0 });
  expect(report).toMatchObject({ lost: [], dropped: [] });
  expect(report.acknowledged).toBeGreaterThanOrEqual(report.jobs);
  // Else no kill met anything.
  expect(report.byRetry).toBeGreaterThan(0);
});
