import type { Report } from "./config.ts";

/** Reads origins (RFC 6454) separated by white space, such as `https://app.example.com`. */
export function origins(name: string, value: string | undefined, report: Report): string[] {
  const entries = (value ?? "").split(/\s+/).filter((entry) => entry !== "");
  return entries.filter((entry) => {
    const isOrigin = URL.parse(entry)?.origin === entry;
    if (!isOrigin) report(name, "an entry is not an origin such as https://example.com");
    return isOrigin;
  });
}
