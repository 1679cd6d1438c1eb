import { parse as parseSrt } from "@plussub/srt-vtt-parser";
import { describe, expect, test } from "vitest";
import { textWidth } from "../../../../src/transcript/captions/break-units.ts";
import { captionQuery, srt } from "../../../../src/transcript/captions/captions.ts";
import { fc } from "../../../support/fast-check.ts";
import { hostileSegments } from "../formats/hostile-segments.ts";
import { segment } from "../formats/segment.ts";

const BOUNDS = {
  max_chars: [10, 200],
  max_lines: [1, 4],
  max_seconds: [1, 60],
  max_cps: [1, 100],
} as const;

test("parameters become the options of captions", () => {
  expect(
    captionQuery.parse({
      max_chars: "32",
      max_lines: "1",
      max_seconds: "2.5",
      max_cps: "17.5",
      speakers: "1",
    }),
  ).toEqual({ maxChars: 32, maxLines: 1, maxSeconds: 2.5, maxCps: 17.5, speakers: true });
  expect(captionQuery.parse({ version: "x" })).toEqual({});
});

test.each([
  ["true", true],
  ["1", true],
  ["false", false],
  ["0", false],
])("speakers=%s", (value, speakers) => {
  expect(captionQuery.parse({ speakers: value })).toEqual({ speakers });
});

describe("refused, with the name of the parameter:", () => {
  const cases = [
    ...Object.entries(BOUNDS).flatMap(([name, [least, most]]) =>
      ["", "-1", "NaN", "1e1", "1e999", " 12", `${least - 1}`, `${most + 1}`].map((value) => [
        name,
        value,
      ]),
    ),
    ...["max_chars", "max_lines"].map((name) => [name, "10.5"]),
    ...["", "yes", "TRUE", "2"].map((value) => ["speakers", value]),
  ] as [string, string][];
  test.each(cases)("%s=%s", (name, value) => {
    const issues = captionQuery.safeParse({ [name]: value }).error?.issues;
    expect(issues?.[0]?.path).toEqual([name]);
    expect(issues?.[0]?.message).toMatch(/^must be /);
  });
});

const corners = fc.record({
  max_chars: fc.constantFrom(...BOUNDS.max_chars),
  max_lines: fc.constantFrom(...BOUNDS.max_lines),
  max_seconds: fc.constantFrom(...BOUNDS.max_seconds),
  max_cps: fc.constantFrom(...BOUNDS.max_cps),
  speakers: fc.constantFrom("true", "false"),
});

test("cues stay within the limits at all bounds", async () => {
  await fc.assert(
    fc.asyncProperty(hostileSegments, fc.nat(60), corners, async (said, more, bounds) => {
      const segments = [...said, segment("Long words, of speech. ".repeat(more), 40, 41 + more)];
      const options = captionQuery.parse(
        Object.fromEntries(Object.entries(bounds).map(([name, value]) => [name, String(value)])),
      );
      const { entries } = parseSrt((await Array.fromAsync(srt(segments, options))).join(""));
      for (const { from, to, text } of entries) {
        expect(to - from).toBeLessThanOrEqual(bounds.max_seconds * 1000);
        const lines = text.split("\n");
        expect(lines.length).toBeLessThanOrEqual(bounds.max_lines);
        for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(bounds.max_chars);
      }
    }),
  );
});
