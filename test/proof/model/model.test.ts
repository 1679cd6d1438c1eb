import { afterEach, inject, it, vi } from "vitest";
import { fc } from "../../support/fast-check.ts";
import { COMMANDS, redriven } from "./commands.ts";
import { newModel } from "./model.ts";
import { newWorld } from "./world.ts";

const isLong = inject("isLong");
const isFull = inject("isFull");
const RUNS = isLong ? 150 : isFull ? 20 : 5;
const SEED = isLong ? Date.now() % 2 ** 31 : 20_261_124;
const MAX_COMMANDS = 30;

afterEach(() => {
  vi.useRealTimers();
});

it("whatever is done in whatever order, what is read, sent, listed and found is what a plain map says", {
  timeout: isLong ? 3_600_000 : 120_000,
}, async () => {
  console.info(`seed ${SEED}`);
  const commands = fc.commands(COMMANDS, { maxCommands: MAX_COMMANDS, size: "max" });
  await fc.assert(
    fc.asyncProperty(commands, async (chosen) => {
      const model = newModel();
      const world = await newWorld(model.credentials);
      await fc.asyncModelRun(() => ({ model, real: world }), chosen);
      await redriven(model, world, [0]);
    }),
    { numRuns: RUNS, seed: SEED, endOnFailure: !isLong },
  );
});
