import { expect, it } from "vitest";
import { MAX_HELD_BYTES } from "../../src/lib/limits.ts";

// The tests with storage are compiled with a lower limit (test/vitest.config.ts); these are not.
it("holds bodies of up to 4 MiB in memory, where it is not compiled for tests", () => {
  expect(MAX_HELD_BYTES).toBe(4_194_304);
});
