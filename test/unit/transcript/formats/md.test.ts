import { describe, expect, test } from "vitest";
import { md } from "../../../../src/transcript/formats/paragraphs.ts";
import { cleanText } from "../../../../src/transcript/segments/clean-text.ts";
import { fc } from "../../../support/fast-check.ts";
import { hostileSegments } from "./hostile-segments.ts";
import { segment } from "./segment.ts";

const render = async (...args: Parameters<typeof md>) =>
  (await Array.fromAsync(md(...args))).join("");
const shown = async (text: string) =>
  (await render([segment(text, 0, 1)])).replace(/^\(00:00:00\) /, "").trimEnd();

const turns = [
  segment("Hi.", 0, 1, { speaker: 0 }),
  segment("Yes?", 61.9, 62, { speaker: 1 }),
  segment("Who is it?", 62, 63, { speaker: 1 }),
  segment("Me.", 3600, 3601, { speaker: 0, channel: 1 }),
];

test("a turn is a paragraph with who speaks in bold and when", async () => {
  expect(await render(turns.slice(0, 3))).toBe(
    "**Speaker 0** (00:00:00) Hi.\n\n**Speaker 1** (00:01:01) Yes? Who is it?\n",
  );
});

test("channels are named where there are several", async () => {
  expect(await render(turns)).toMatch(/\n\n\*\*Channel 1, Speaker 0\*\* \(01:00:00\) Me\.\n$/);
});

test("nobody is named if not wanted, or not known", async () => {
  expect(await render(turns.slice(0, 2), { speakers: false })).toBe(
    "(00:00:00) Hi.\n\n(00:01:01) Yes?\n",
  );
  expect(await render([segment("Hi.", 100 * 3600, 360_001)])).toBe("(100:00:00) Hi.\n");
});

test("silence is an empty text", async () => {
  expect(await render([])).toBe("");
  expect(await render([segment(" \n", 0, 1)])).toBe("");
});

describe("speech stays speech", () => {
  test.each([
    ["*so* **it** _is_ __done__", "\\*so\\* \\*\\*it\\*\\* \\_is\\_ \\_\\_done\\_\\_"],
    ["`code` ~~not~~ $x$", "\\`code\\` \\~\\~not\\~\\~ \\$x\\$"],
    ["[a](b) ![c](d) [^1]", "\\[a\\](b) !\\[c\\](d) \\[^1\\]"],
    ["<b>&lt;</b> <http://a.b>", "\\<b\\>\\&lt;\\</b\\> \\<http://a.b\\>"],
    ["back\\slash \\*", "back\\\\slash \\\\\\*"],
    ["a | b", "a \\| b"],
  ])("%s", async (text, expected) => {
    expect(await shown(text)).toBe(expected);
  });

  test.each(["# one", "- one", "+ one", "1. one", "1) one", "---", "===", ": one", "    one"])(
    "a paragraph does not begin with %j",
    async (text) => {
      for (const options of [{}, { speakers: false }]) {
        const lines = (await render([segment(`${text}\n${text}`, 0, 1)], options)).split("\n");
        expect(lines).toHaveLength(2);
        expect(lines[0]).toMatch(/^\(00:00:00\) /);
      }
    },
  );
});

test("whatever is said, each paragraph is one line of names, time and text without markup", async () => {
  await fc.assert(
    fc.asyncProperty(hostileSegments, async (segments) => {
      const text = await render(segments);
      const paragraphs = text === "" ? [] : text.replace(/\n$/, "").split("\n\n");
      const said = paragraphs.map((paragraph) => {
        const [line, body] =
          /^(?:\*\*[\w, ]+\*\* )?\(\d\d:\d\d:\d\d\) (.+)$/.exec(paragraph) ??
          expect.fail(paragraph);
        expect(line).not.toMatch(/[\n\r]/);
        expect(body!.replaceAll(/\\[!-/:-@[-`{-~]/g, "")).not.toMatch(/[\\`*_[\]<>&|~$]/);
        return body!.replaceAll(/\\([!-/:-@[-`{-~])/g, "$1");
      });
      expect(bare(said.join(""))).toBe(bare(segments.map(({ text }) => cleanText(text)).join("")));
    }),
  );
});

const bare = (text: string) => text.replaceAll(" ", "");
