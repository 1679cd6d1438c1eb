import type { Report } from "./config.ts";

// The values of .dev.vars.example: they are public, and nobody may be let in with them.
const EXAMPLE_SECRETS = [
  "local-callback-password",
  "local-callback-secret",
  "local-signing-key-",
  "local-read-token",
  "local-submit-token",
  "local-admin-token",
];

/** The entries of a list separated by white space; in production those of the example are left out. */
export function secretList(
  value: string,
  name: string,
  environment: "local" | "production",
  report: Report,
): string[] {
  const entries = value.split(/\s+/).filter((entry) => entry !== "");
  if (environment === "local") return entries;
  return entries.filter((entry) => {
    const example = EXAMPLE_SECRETS.some((secret) => entry.includes(secret));
    if (example) report(name, "a value of .dev.vars.example is refused outside local use");
    return !example;
  });
}
