import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import * as z from "zod";

/** Names of the secrets that this Worker knows, as .dev.vars.example has them. */
export const secretNames = (): string[] =>
  Object.keys(
    parseEnv(readFileSync(new URL("../../../.dev.vars.example", import.meta.url), "utf8")),
  );

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

const ENTRY = /^[^:]+:([^:]+):(.+)$/;

/**
 * What `npm run smoke` needs: SMOKE_CREDENTIALS and SMOKE_TOKEN of the environment, or else the first
 * pair and the token with the most scopes of the given secrets. Null when one of the two is missing.
 */
export function smokeAccess(
  { CALLBACK_CREDENTIALS = "", API_TOKENS = "" }: Record<string, string>,
  { SMOKE_CREDENTIALS, SMOKE_TOKEN }: NodeJS.ProcessEnv,
): { credentials: string; token: string } | null {
  const entries = API_TOKENS.split(/\s+/).flatMap((entry) => {
    const [, scopes = "", token] = ENTRY.exec(entry) ?? [];
    return token === undefined ? [] : [{ scopes: scopes.split("+"), token }];
  });
  const readers = entries.filter(({ scopes }) => scopes.includes("read"));
  const [best] = readers.sort((a, b) => b.scopes.length - a.scopes.length);
  const credentials = SMOKE_CREDENTIALS || CALLBACK_CREDENTIALS.trim().split(/\s+/)[0];
  const token = SMOKE_TOKEN || best?.token;
  return credentials && token ? { credentials, token } : null;
}
