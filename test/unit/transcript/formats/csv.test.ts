import { describe, expect, test } from "vitest";
import { csv } from "../../../../src/transcript/formats/csv.ts";
import { cleanText } from "../../../../src/transcript/segments/clean-text.ts";
import type { Word } from "../../../../src/transcript/segments/segment.ts";
import { fc } from "../../../support/fast-check.ts";
import { hostileSegments } from "./hostile-segments.ts";
import { segment } from "./segment.ts";

const HEADER = "start,end,channel,speaker,language,confidence,text";
const render = async (...args: Parameters<typeof csv>) =>
  (await Array.fromAsync(csv(...args))).join("");
const shown = async (text: string) => records(await render([segment(text, 0, 1)]))[1]!.at(-1);

test("a header and a row for each segment, each ended by CR LF", async () => {
  const said = [
    segment("Hi.", 0, 1.5, { speaker: 2, language: "en" }),
    segment("Yes, “you”", 1.5, 2, { channel: 1 }),
  ];
  expect(await render(said)).toBe(`${HEADER}\r\n0,1.5,0,2,en,,Hi.\r\n1.5,2,1,,,,"Yes, “you”"\r\n`);
});

test("silence is the header alone", async () => {
  expect(await render([])).toBe(`${HEADER}\r\n`);
});

test("quotes are doubled", async () => {
  expect(await render([segment('"Oh", he said', 0, 1)])).toContain(',"""Oh"", he said"\r\n');
});

test("times are to the millisecond, never with an exponent", async () => {
  expect(await render([segment("a", 0.07999999821186066, 1e-7)])).toContain("\r\n0.08,0,");
  expect(await render([segment("a", 1e300, 1e300)])).toContain("\r\n1000000000000,1000000000000,");
});

test("confidence is the mean of those that words have", async () => {
  const words = [0.9, null, 0.5, 0.33333].map(
    (confidence): Word => ({ text: "a", start: 0, end: 1, confidence }),
  );
  expect(await render([segment("a", 0, 1, { words })])).toContain(",0.5778,a\r\n");
  const unknown = words.filter(({ confidence }) => confidence === null);
  expect(await render([segment("a", 0, 1, { words: unknown })])).toContain(",,a\r\n");
  const never = words.map((word) => ({ ...word, confidence: 0 }));
  expect(await render([segment("a", 0, 1, { words: never })])).toContain(",0,a\r\n");
});

test("text is on one line, without control characters", async () => {
  expect(await shown("one\r\n\ttwo\u0000three\u2028")).toBe("one two three");
});

describe("a spreadsheet runs no speech as a formula", () => {
  test.each([
    ["=1+1", "'=1+1"],
    ["+1", "'+1"],
    ["-1", "'-1"],
    ["@SUM(1)", "'@SUM(1)"],
    ["\t=1", "'=1"],
    ["\r=1", "'=1"],
    ["＝1", "'＝1"],
    ["＋1", "'＋1"],
    ["－1", "'－1"],
    ["＠1", "'＠1"],
    ["Oh; =1;-1", "Oh;' =1;'-1"],
    ['Oh;"=1', `Oh;'"=1`],
  ])("%j", async (text, expected) => {
    expect(await shown(text)).toBe(expected);
  });

  test("nor a language", async () => {
    expect(await render([segment("a", 0, 1, { language: "=1+1" })])).toContain(",'=1+1,");
  });

  test("and what is none stays as it was said", async () => {
    expect(await shown("1+1=2, a-b; c@d.e")).toBe("1+1=2, a-b; c@d.e");
  });
});

test("whatever is said is read back, and no cell begins a formula", async () => {
  await fc.assert(
    fc.asyncProperty(hostileSegments, async (segments) => {
      const text = await render(segments);
      const [header, ...rows] = records(text);
      expect(header!.join()).toBe(HEADER);
      expect(rows.map((row) => row.length)).toEqual(segments.map(() => 7));
      for (const [i, row] of rows.entries()) {
        expect(bare(row.at(-1)!)).toBe(bare(cleanText(segments[i]!.text)));
        for (const cell of row) expect(cell).not.toMatch(/(^|;)[\s"]*[=+\-@＝＋－＠]/);
      }
    }),
  );
});

/** The records of RFC 4180 §2, to its letter: a quote within an unquoted field is an error. */
function records(text: string): string[][] {
  const field = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n)/y;
  const found: string[][] = [[]];
  while (field.lastIndex < text.length) {
    const [, raw, end] = field.exec(text) ?? expect.fail(`no CSV: ${JSON.stringify(text)}`);
    const value = raw!.startsWith('"') ? raw!.slice(1, -1).replaceAll('""', '"') : raw!;
    found.at(-1)!.push(value);
    if (end === "\r\n") found.push([]);
  }
  expect(found.pop()).toEqual([]);
  return found;
}

const bare = (text: string) => text.replaceAll("'", "");
