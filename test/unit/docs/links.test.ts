import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

const pages = execFileSync("git", ["ls-files", "*.md"], { cwd: ROOT, encoding: "utf8" })
  .split("\n")
  .filter((page) => page !== "" && existsSync(join(ROOT, page)));

const withoutCode = (markdown: string) =>
  markdown.replace(/^```[\s\S]*?^```/gm, "").replace(/`[^`\n]*`/g, "");

/** The targets of links and images that stay in the repository. */
const localLinks = (markdown: string): string[] =>
  [...withoutCode(markdown).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = ""]) => target)
    .filter((target) => !/^[a-z]+:/.test(target));

/** The anchors that GitHub gives to the headings of a page. */
const anchors = (markdown: string): string[] =>
  [...markdown.replace(/^```[\s\S]*?^```/gm, "").matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );

/** What is wrong with a link on a page, or null. */
function fault(page: string, link: string): string | null {
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? page : normalize(join(dirname(page), path));
  if (!existsSync(join(ROOT, target))) return `${page}: ${link} does not exist`;
  if (anchor === undefined || statSync(join(ROOT, target)).isDirectory()) return null;
  const isThere = anchors(readFileSync(join(ROOT, target), "utf8")).includes(anchor);
  return isThere ? null : `${page}: ${target} has no heading #${anchor}`;
}

it("every link of the documentation leads somewhere", () => {
  const links = pages.flatMap((page) =>
    localLinks(readFileSync(join(ROOT, page), "utf8")).map((link) => fault(page, link)),
  );
  expect(links.length).toBeGreaterThan(20);
  expect(links.filter((problem) => problem !== null)).toEqual([]);
});

it("README.md stays short enough to read at once", () => {
  expect(statSync(join(ROOT, "README.md")).size).toBeLessThanOrEqual(12_288);
});
