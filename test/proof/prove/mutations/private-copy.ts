import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../../..", import.meta.url));

const COPIED = [
  "src",
  "test",
  "package.json",
  "tsconfig.json",
  "wrangler.toml",
  ".dev.vars.example",
];

/** A copy of the repository of which one file at a time is another one. */
export type PrivateCopy = {
  folder: string;
  /** Puts a file back as it was once `use` is over. */
  withFile: <Value>(file: string, text: string, use: () => Promise<Value>) => Promise<Value>;
  remove: () => void;
};

/** Copies the sources and the tests into a temporary folder; packages are linked. */
export function privateCopy(): PrivateCopy {
  const folder = mkdtempSync(join(tmpdir(), "mutations-"));
  for (const name of COPIED) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  return {
    folder,
    async withFile(file, text, use) {
      const path = join(folder, file);
      const before = readFileSync(path, "utf8");
      writeFileSync(path, text);
      try {
        return await use();
      } finally {
        writeFileSync(path, before);
      }
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}
