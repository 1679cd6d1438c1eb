import { expect, it } from "vitest";
import { proofFile, sectionsOf } from "./proof-file.ts";

const NAMES = ["matrix", "kill", "timing"];

it("says of which parts there is no proof, and does not take that for one", () => {
  const file = proofFile(NAMES, new Map([["kill", "## Killed\n\n| a |"]]));
  expect(file).toContain("<!-- matrix -->\n## matrix\n\n(not proved yet)\n<!-- end -->");
  expect([...sectionsOf(file)]).toEqual([["kill", "## Killed\n\n| a |"]]);
});

it("keeps the sections of parts that are not proved again, in the order of the parts", () => {
  const before = proofFile(NAMES, new Map([["timing", "## Timing"]]));
  const after = proofFile(NAMES, sectionsOf(before).set("matrix", "## Matrix"));
  expect([...sectionsOf(after)]).toEqual([
    ["matrix", "## Matrix"],
    ["timing", "## Timing"],
  ]);
  expect(proofFile(NAMES, sectionsOf(after))).toBe(after);
});

it("keeps the summary above the sections", () => {
  const summary = "# Proof\n\nA summary.";
  const sections = new Map([["timing", "## Timing"]]);
  const file = proofFile(NAMES, sections, summary);
  expect(file.startsWith(`${summary}\n\n<!-- matrix -->`)).toBe(true);
  expect(proofFile(NAMES, sectionsOf(file), file)).toBe(file);
});
