import { isPublicIpv4 } from "./public-ipv4.ts";
import { isPublicIpv6 } from "./public-ipv6.ts";

/** Names that are never resolved by the public DNS, with all below them. */
const PRIVATE_DOMAINS = [
  // RFC 6761, 6762, 7686, 8375, and ICANN's reservation of `internal`.
  ...["localhost", "local", "internal", "home.arpa", "onion", "test", "invalid"],
  // RFC 6762, appendix G, and what routers and resolvers make of their own.
  ...["intranet", "private", "corp", "home", "lan", "localdomain"],
  // Resolves to the link-local address of Google's metadata server.
  "metadata.goog",
];

/**
 * Why nothing may be sent to a URL outside local use, or null when it may: https without credentials,
 * to a name of the public DNS or a public address. Addresses are judged as the WHATWG URL parser reads
 * them, which is how fetch does: decimal, octal, hexadecimal, short, full-width and percent-encoded
 * spellings are all the same address. What a public name resolves to is not looked at.
 */
export function publicUrlProblem(text: string): string | null {
  const url = URL.parse(text);
  if (url === null) return "not a URL";
  if (url.protocol !== "https:") return "the url is not https";
  if (url.username !== "" || url.password !== "") return "the url has credentials in it";
  return isPublicHost(url.hostname) ? null : "the url leads to a private or reserved address";
}

function isPublicHost(hostname: string): boolean {
  if (hostname.startsWith("[")) return isPublicIpv6(hostname.slice(1, -1));
  if (/^\d+\.\d+\.\d+\.\d+$/.test(hostname)) return isPublicIpv4(hostname);
  const labels = hostname.replace(/\.$/, "").split(".");
  // Names of one label, and with empty ones, are for search lists and lax resolvers.
  if (labels.length < 2 || labels.includes("")) return false;
  const name = labels.join(".");
  return !PRIVATE_DOMAINS.some((domain) => name === domain || name.endsWith(`.${domain}`));
}
