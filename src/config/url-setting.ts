import type { Report } from "./config.ts";

/** An http or https URL without a slash at its end; null for any other value, which is reported. */
export function urlSetting(name: string, value: string | undefined, report: Report): string | null {
  const url = URL.parse(value ?? "");
  if (url !== null && /^https?:$/.test(url.protocol)) return url.href.replace(/\/$/, "");
  if (value) report(name, "not an http or https URL");
  return null;
}
