import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

const sources = globSync("src/**/*.{ts,tsx}", { cwd: ROOT }).filter(
  (path) => path !== "src/env.d.ts",
);

/** The lines of the files that match, as `path:line`. */
const linesWith = (paths: string[], pattern: RegExp): string[] =>
  paths.flatMap((path) =>
    readFileSync(`${ROOT}/${path}`, "utf8")
      .split("\n")
      .flatMap((line, at) => (pattern.test(line) ? [`${path}:${at + 1}`] : [])),
  );

it("no room but store/ calls the bucket", () => {
  const call = /(TRANSCRIPTS|\b\w*[bB]ucket)\s*\.(get|put|head|list|delete|\w*MultipartUpload)\(/;
  const store = sources.filter((path) => path.startsWith("src/store/"));
  const others = sources.filter((path) => !path.startsWith("src/store/"));
  expect(linesWith(store, call).length).toBeGreaterThan(10);
  expect(linesWith(others, call)).toEqual([]);
});

it("transcript/ knows no bindings of Cloudflare and fetches nothing", () => {
  const transcript = sources.filter((path) => path.startsWith("src/transcript/"));
  expect(transcript.length).toBeGreaterThan(10);
  expect(
    linesWith(transcript, /cloudflare:|\bR2\w+|D1Database|KVNamespace|\bEnv\b|fetch\(/),
  ).toEqual([]);
});
