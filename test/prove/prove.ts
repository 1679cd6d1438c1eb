import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { PARTS } from "./parts.ts";

// npm run prove [-- PART…]: proves again and writes the sections of PROOF.md; those of parts not
// named stay as they are. The exit code is 1 when a part does not hold.

const PROOF = fileURLToPath(new URL("../../PROOF.md", import.meta.url));

const HEAD = `# Proof

Written by \`npm run prove\`; not edited by hand. \`npm run prove -- NAME…\` writes single sections.
`;

const names = process.argv.slice(2);
const unknown = names.filter((name) => !PARTS.some((part) => part.name === name));
if (unknown.length > 0) {
  console.error(
    `no such part: ${unknown.join(", ")}; there are ${PARTS.map(({ name }) => name).join(", ")}`,
  );
  process.exit(2);
}

const sections = new Map(
  [...before().matchAll(/<!-- (\S+) -->\n([\s\S]*?)\n<!-- end -->/g)].map(
    ([, name = "", text = ""]) => [name, text],
  ),
);
let isProved = true;
for (const { name, prove } of PARTS) {
  if (names.length > 0 && !names.includes(name)) continue;
  console.error(`proving: ${name}`);
  const { section, holds } = await prove();
  isProved &&= holds;
  sections.set(name, section.trim());
  write();
}
process.exit(isProved ? 0 : 1);

function before(): string {
  try {
    return readFileSync(PROOF, "utf8");
  } catch {
    return "";
  }
}

function write(): void {
  const written = PARTS.flatMap(({ name }) => {
    const section = sections.get(name);
    return section === undefined ? [] : [`<!-- ${name} -->\n${section}\n<!-- end -->`];
  });
  writeFileSync(PROOF, `${[HEAD.trimEnd(), ...written].join("\n\n")}\n`);
}
