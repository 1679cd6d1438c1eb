import * as z from "zod";
import { parseJson } from "../lib/bytes.ts";
import type { Report } from "./config.ts";
import { endpointName } from "./follow-ups.ts";

const PREFIX = "whsec_";

/**
 * The bytes of a secret in the form `whsec_…`; null when it is none. By `atob`, since `npm run deploy`
 * asks it too, in a Node that has no `Uint8Array.fromBase64`.
 */
export function secretBytes(secret: string): Uint8Array<ArrayBuffer> | null {
  if (!secret.startsWith(PREFIX)) return null;
  try {
    const bytes = Uint8Array.from(atob(secret.slice(PREFIX.length)), (char) => char.charCodeAt(0));
    return bytes.length > 0 ? bytes : null;
  } catch {
    return null;
  }
}

/** `secrets` in the form `whsec_…`; each of them signs, so that receivers can rotate. */
export type WebhookEndpoint = { url: string; secrets: string[] };

const canSign = (value: string): boolean => secretBytes(value) !== null;

const secret = z.string().startsWith("whsec_").refine(canSign, "not base64 after whsec_");

const endpoint = z.object({
  url: z.url({ protocol: /^https?$/ }),
  secret: z.union([secret, z.array(secret).min(1)]),
});

/** Reads `{"NAME":{"url":"https://…","secret":"whsec_…"}}`; plain http is for local use only. */
export function webhookEndpoints(
  value: string | undefined,
  environment: "local" | "production",
  report: Report,
): Map<string, WebhookEndpoint> {
  const endpoints = new Map<string, WebhookEndpoint>();
  const all = z.record(z.string(), z.unknown()).safeParse(parseJson(value || "{}"));
  if (!all.success) report("WEBHOOK_ENDPOINTS", "not a JSON object");
  for (const [name, settings] of Object.entries(all.data ?? {})) {
    const parsed = endpoint.safeParse(settings);
    const problem = !endpointName.safeParse(name).success
      ? "the name of an endpoint is not made of letters, digits, - and _"
      : !parsed.success
        ? z.prettifyError(parsed.error).replaceAll("\n", " ")
        : unreachable(parsed.data.url, environment);
    if (problem) report("WEBHOOK_ENDPOINTS", `${name}: ${problem}`);
    else if (parsed.success) {
      endpoints.set(name, { url: parsed.data.url, secrets: [parsed.data.secret].flat() });
    }
  }
  return endpoints;
}

const unreachable = (url: string, environment: "local" | "production") =>
  environment === "production" ? publicUrlProblem(url) : null;

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

/**
 * All of the IANA IPv4 Special-Purpose Address Registry that is not globally reachable, the relay
 * anycast of 6to4, multicast, the reserved rest, and Azure's platform address.
 */
const NOT_PUBLIC_IPV4: [base: string, prefixLength: number][] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["168.63.129.16", 32],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
];

/** Whether a dotted decimal address is of the public Internet. */
function isPublicIpv4(address: string): boolean {
  const value = toNumber(address);
  return !NOT_PUBLIC_IPV4.some(([base, prefixLength]) => {
    const size = 2 ** (32 - prefixLength);
    return Math.floor(value / size) === Math.floor(toNumber(base) / size);
  });
}

const toNumber = (address: string): number =>
  address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);

/** All that IANA has given out for global unicast. The mapped, translated and local ones lie outside. */
const GLOBAL_UNICAST: Prefix = ["2000", 3];

/** Parts of it that are not globally reachable, or that wrap an IPv4 address. */
const NOT_PUBLIC_IPV6: Prefix[] = [
  // IETF protocol assignments, Teredo and ORCHID among them.
  ["2001", 23],
  ["2001:db8", 32],
  // 6to4.
  ["2002", 16],
  ["3fff", 20],
];

type Prefix = [groups: string, length: number];

/** Whether an address, as the WHATWG URL serializer writes it, is of the public Internet. */
function isPublicIpv6(address: string): boolean {
  const bits = bitsOf(address);
  const isIn = ([groups, length]: Prefix) =>
    bits.slice(0, length) === bitsOf(`${groups}::`).slice(0, length);
  return isIn(GLOBAL_UNICAST) && !NOT_PUBLIC_IPV6.some(isIn);
}

function bitsOf(address: string): string {
  const [first = [], last = []] = address
    .split("::")
    .map((part) => part.split(":").filter(Boolean));
  const zeros = new Array<string>(8 - first.length - last.length).fill("0");
  return [...first, ...zeros, ...last]
    .map((group) => Number.parseInt(group, 16).toString(2).padStart(16, "0"))
    .join("");
}
