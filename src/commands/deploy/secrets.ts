import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import * as z from "zod";
import { askWrangler, refused } from "./wrangler.ts";

const named = z.array(z.object({ name: z.string() }));

/** Names of the secrets that this Worker knows, as .dev.vars.example has them. */
export const secretNames = (): string[] =>
  Object.keys(
    parseEnv(readFileSync(new URL("../../../.dev.vars.example", import.meta.url), "utf8")),
  );

/**
 * Names of the secrets that the Worker has on Cloudflare, where nobody can read them again; null when
 * there is no such Worker yet. Throws when wrangler cannot tell.
 */
export function deployedSecrets(target: string[]): string[] | null {
  const command = ["secret", "list", ...target];
  const { ok, stdout, output } = askWrangler(command);
  if (ok) return named.parse(JSON.parse(stdout)).map(({ name }) => name);
  if (/Worker ".*" .*not found/.test(output)) return null;
  throw refused(command, output);
}

/** The values of a file in the form of .dev.vars or JSON; empty ones count as absent. */
export function givenSecrets(file: string | undefined): Record<string, string> {
  if (file === undefined) return {};
  const text = readFileSync(file, "utf8");
  const values = text.trimStart().startsWith("{")
    ? z.record(z.string(), z.string()).parse(JSON.parse(text))
    : parseEnv(text);
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => Boolean(entry[1])),
  );
}
