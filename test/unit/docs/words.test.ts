import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/** Words of a private language, and what to write instead. */
const BANNED: [word: RegExp, instead: string][] = [
  [/\b(un)?told\b/i, "notified, sent, reported, named"],
  [/\bwho(m)?ever\b/i, "anyone who, the client, the consumer"],
  [/(?<!dead )(?<![-/$.\w])letters?\b(?![/-])/i, "dead letter, e-mail, character"],
  [/\bvoices?\b/i, "speaker"],
  [/\bstrays?\b/i, "unrecognized"],
  [/\b(mint(s|ed|ing)?|entomb|bur(y|ied|ial))\b/i, "create, write a tombstone, dead-letter"],
  [/\b(goes|go) on\b|\bis to come\b/i, "continues, is expected"],
  [/\b(patiently|strand|goLive|leadOn|isOfJob|isNoted|orRetry|watchOver)\b/, "words that say it"],
  [/\b(unbreakables?|torn|cling|relabelling|voicing|Passer|isOnGuess)\b/, "words that say it"],
  [/\b(sayable|loggable|treatment)\b/i, "redact…, action"],
];

/** Where such a word is right: the alphabet, keys of R2, WebVTT, and speech in tests. */
const ALLOWED = [
  /letters?,? (digits|numbers|and (digits|numbers)|or numbers?)/gi,
  /(latin|first|single|without) letters?|letters (that Unicode|with (a stroke|accents))/gi,
  /["'`/}]stray\b(\/|["'`])|dead-letters\\?\/stray/g,
  /voice tag|voice-names|voice: speaker|told apart|alarm\.untold|of letters\//gi,
];

const pages = execFileSync(
  "git",
  [
    "ls-files",
    "-co",
    "--exclude-standard",
    "src",
    "test",
    "docs",
    "*.md",
    "*.toml",
    "package.json",
  ],
  { cwd: ROOT, encoding: "utf8" },
)
  .split("\n")
  .filter((path) => /\.(tsx?|js|css|md|toml|json|sql)$/.test(path))
  .filter(
    (path) =>
      !/^test\/unit\/docs\/words|reading\.ts$|^src\/transcript\/|^docs\/proof\.md/.test(path),
  )
  .filter((path) => !/^test\/unit\/transcript\//.test(path));

/** Places with a banned word, each with what to write instead. */
function faultsOf(path: string, text: string): string[] {
  return text.split("\n").flatMap((line, at) => {
    const rest = ALLOWED.reduce((left, allowed) => left.replace(allowed, ""), line);
    return BANNED.flatMap(([word, instead]) => {
      const found = word.exec(rest)?.[0];
      return found === undefined ? [] : [`${path}:${at + 1}: "${found}": write ${instead}`];
    });
  });
}

it("names, comments, answers and pages are in natural English", () => {
  expect(pages.length).toBeGreaterThan(500);
  expect(pages.flatMap((path) => faultsOf(path, readFileSync(join(ROOT, path), "utf8")))).toEqual(
    [],
  );
});

it.each([
  ["// Whoever waits is told.", 2],
  ["const letters = 1; // voices", 2],
  ["const deadLetters = 1; // dead letters", 0],
  ["// letters, digits and hyphens", 0],
  ["const key = `dead-letters/stray/m0`;", 0],
])("%s has %d banned words", (line, count) => {
  expect(faultsOf("a.ts", line)).toHaveLength(count);
});
