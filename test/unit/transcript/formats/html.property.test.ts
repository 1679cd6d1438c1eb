import { expect, test } from "vitest";
import { html } from "../../../../src/transcript/formats/html.ts";
import { cleanText } from "../../../../src/transcript/segments/clean-text.ts";
import { fc } from "../../../support/fast-check.ts";
import { hostileSegments, hostileText } from "./hostile-segments.ts";

/** Its elements and their attributes; what the head has is always there. */
const ATTRIBUTES: Record<string, string> = {
  html: "lang",
  section: "dir",
  a: "id href|href",
  time: "datetime",
  p: "lang|",
  span: "lang dir",
  h1: "dir",
  meta: "charset|name content",
};
const HEAD = ["html", "head", "meta", "meta", "title", "style", "body", "h1"];

test("whatever is said or titled, it becomes no element, attribute or comment, and is all there", async () => {
  await fc.assert(
    fc.asyncProperty(hostileSegments, hostileText, async (segments, title) => {
      const page = (await Array.fromAsync(html(segments, { title }))).join("");
      const { elements, comments, text } = await parsed(page);
      expect(comments).toBe(0);
      expect(elements.slice(0, HEAD.length).map(({ name }) => name)).toEqual(HEAD);
      for (const { name, attributes } of elements) {
        expect((ATTRIBUTES[name] ?? "").split("|")).toContain(attributes.join(" "));
      }
      const said = segments.map((segment) => cleanText(segment.text)).join("");
      const count = (tag: string) => elements.filter(({ name }) => name === tag).length;
      const turns = count("section");
      const blocks = said === "" ? 1 : turns;
      for (const tag of ["h2", "a", "time"]) expect(count(tag)).toBe(turns);
      expect(count("p")).toBe(blocks);
      expect(elements).toHaveLength(HEAD.length + 4 * turns + blocks + count("span"));
      expect(bare(text.get("title") ?? "")).toBe(bare(cleanText(title)));
      expect(bare(text.get("h1") ?? "")).toBe(bare(cleanText(title)));
      expect(bare(text.get("p") ?? "")).toBe(said === "" ? "Nospeech." : bare(said));
    }),
  );
});

type Element = { name: string; attributes: string[] };

/** What workerd's own HTML parser finds, and the text within some elements. */
async function parsed(page: string) {
  const elements: Element[] = [];
  const text = new Map<string, string>();
  let comments = 0;
  const rewriter = new HTMLRewriter().on("*", {
    element: ({ tagName, attributes }) => {
      elements.push({ name: tagName, attributes: Array.from(attributes, ([name]) => name!) });
    },
    comments: () => {
      comments++;
    },
  });
  for (const name of ["title", "h1", "p"]) {
    rewriter.on(name, {
      text: (chunk) => {
        text.set(name, (text.get(name) ?? "") + chunk.text);
      },
    });
  }
  await rewriter.transform(new Response(page)).arrayBuffer();
  for (const [name, raw] of text) text.set(name, unescaped(raw));
  return { elements, comments, text };
}

const CHARACTERS: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"' };

function unescaped(raw: string): string {
  expect(raw).not.toMatch(/[<>]/);
  return raw.replaceAll(/&(\w*);?/g, (entity, name: string) => CHARACTERS[name] ?? `?${entity}`);
}

const bare = (text: string) => text.replaceAll(" ", "");
