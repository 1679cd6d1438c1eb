import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { commandLine } from "../../../src/commands/command-line.ts";
import { PARTS } from "./parts.ts";
import { proofFile, sectionsOf } from "./proof-file.ts";

const PROOF = fileURLToPath(new URL("../../../docs/proof.md", import.meta.url));

const ALL = PARTS.map(({ name }) => name);

const USAGE = `
npm run prove [-- PART…]

Proves again and writes the sections of docs/proof.md; those of parts not named stay as they are. A part
that cannot be carried out loses its section. The exit code is 1 when a part does not hold, or has no
section. Parts: ${ALL.join(", ")}`;

const asked = commandLine(USAGE, () => {
  const { positionals } = parseArgs({ allowPositionals: true });
  const unknown = positionals.filter((name) => !ALL.includes(name));
  if (unknown.length > 0) throw new Error(`no such part: ${unknown.join(", ")}`);
  return positionals;
});

const wanted = asked.length > 0 ? asked : ALL;
const stored = before();
const sections = sectionsOf(stored);
let isProved = true;
for (const { name, prove } of PARTS) {
  if (!wanted.includes(name)) continue;
  console.error(`proving: ${name}`);
  try {
    const { section, holds } = await prove();
    isProved &&= holds;
    sections.set(name, section.trim());
  } catch (error) {
    console.error(`could not be carried out: ${name}:`, error);
    sections.delete(name);
  }
  writeFileSync(PROOF, proofFile(ALL, sections, stored));
}
const missing = wanted.filter((name) => !sections.has(name));
if (missing.length > 0) console.error(`not proved: ${missing.join(", ")}`);
process.exit(isProved && missing.length === 0 ? 0 : 1);

function before(): string {
  try {
    return readFileSync(PROOF, "utf8");
  } catch {
    return "";
  }
}
