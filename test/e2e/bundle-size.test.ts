import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";

/**
 * 170 for the engine; 30 for the pages of their specification and what they read: the timeline, names,
 * titles and tags, attaching, export as ZIP, a page for each action, and search by month; 3 for effects
 * in the message of their callback, which halve what a webhook costs.
 */
const MAX_GZIP_KIB = 203;
/** Shorter texts may be those of problems, which are sent. */
const MIN_PROSE_CHARS = 45;
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const folder = mkdtempSync(join(tmpdir(), "bundle-size-"));
let output = "";

beforeAll(() => {
  const { stdout, stderr } = spawnSync("wrangler", ["deploy", "--dry-run", "--outdir", folder], {
    cwd: ROOT,
    env: { ...process.env, WRANGLER_SEND_METRICS: "false" },
    encoding: "utf8",
  });
  output = stdout + stderr;
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

it(`what is deployed has at most ${MAX_GZIP_KIB} KiB in gzip`, () => {
  const [, gzipKib] = /gzip: ([\d.]+) KiB/.exec(output) ?? [];
  expect(gzipKib, output).toBeDefined();
  expect(Number(gzipKib)).toBeLessThanOrEqual(MAX_GZIP_KIB);
});

it("what is deployed has none of the prose of the API document", () => {
  const bundle = readFileSync(join(folder, "index.js"), "utf8");
  const document = readFileSync(join(ROOT, "src/assets/openapi.json"), "utf8");
  const prose: string[] = [];
  JSON.parse(document, (name, value) => {
    // A quotation mark or a line end may be written in another way there.
    if (name === "description") prose.push(...value.split(/["'`\n]/));
    return value;
  });
  const texts = prose.filter((text) => text.length > MIN_PROSE_CHARS);
  expect(texts.length).toBeGreaterThan(100);
  expect(texts.filter((text) => bundle.includes(text))).toEqual([]);
});
