import { expect, it } from "vitest";
import { MAX_HELD_BYTES } from "../../../src/lib/held-bytes.ts";

// Tests in workerd are compiled with a lower limit (test/vitest.config.ts); this one runs in Node.
it("holds bodies of up to 4 MiB in memory, where it is not compiled for tests", () => {
  expect(MAX_HELD_BYTES).toBe(4_194_304);
});
