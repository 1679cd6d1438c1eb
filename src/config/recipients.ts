import type { Report } from "./config.ts";
import { emailAddress } from "./follow-ups.ts";

/** Whom a request may name beside the recipients in `FOLLOW_UPS`. */
export type Recipients = {
  anyone: boolean;
  /** Of e-mail, as `asciiDomain` gives them. */
  domains: ReadonlySet<string>;
  /** As `asciiAddress` gives them. */
  addresses: ReadonlySet<string>;
  /** Beginnings of numbers in E.164, such as `+4420`. */
  phonePrefixes: readonly string[];
};

const PHONE_PREFIX = /^\+[1-9]\d{0,14}$/;

/** In ASCII and lower case, with a dot, and no IP address. */
const MAIL_DOMAIN = /^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$/;

/** What would be something else than a host in a URL. */
const NOT_IN_A_DOMAIN = /[@/:?#[\]\\%]/;

/**
 * Reads `RECIPIENTS`: mail domains, addresses, phone prefixes, or `*` for anyone, separated by white
 * space. Empty allows nobody; an entry that is wrong allows nobody and is reported.
 */
export function recipients(value: string | undefined, report: Report): Recipients {
  const domains = new Set<string>();
  const addresses = new Set<string>();
  const phonePrefixes: string[] = [];
  let anyone = false;
  for (const entry of (value ?? "").split(/\s+/).filter((each) => each !== "")) {
    if (entry === "*") anyone = true;
    else if (PHONE_PREFIX.test(entry)) phonePrefixes.push(entry);
    else if (entry.includes("@")) {
      const address = asciiAddress(entry);
      if (address !== null && emailAddress.safeParse(address).success) addresses.add(address);
      else report("RECIPIENTS", `${shown(entry)} is not an e-mail address`);
    } else {
      const ascii = NOT_IN_A_DOMAIN.test(entry) ? null : asciiDomain(entry);
      if (ascii !== null && MAIL_DOMAIN.test(ascii)) domains.add(ascii);
      else report("RECIPIENTS", `${shown(entry)} is not a mail domain, a phone prefix or *`);
    }
  }
  return { anyone, domains, addresses, phonePrefixes };
}

/** Whether `RECIPIENTS` itself allows an e-mail address or a number in E.164. */
export function allowsRecipient(
  { anyone, domains, addresses, phonePrefixes }: Recipients,
  { channel, to }: { channel: "email" | "sms"; to: string },
): boolean {
  if (anyone) return true;
  if (channel === "sms") return phonePrefixes.some((prefix) => to.startsWith(prefix));
  const address = asciiAddress(to);
  if (address === null) return false;
  return addresses.has(address) || domains.has(address.slice(address.lastIndexOf("@") + 1));
}

/** An address to compare by: its domain in ASCII (IDNA), all in lower case. Null if it has none. */
export function asciiAddress(address: string): string | null {
  const at = address.lastIndexOf("@");
  const ascii = asciiDomain(address.slice(at + 1));
  return at < 1 || ascii === null ? null : `${address.slice(0, at).toLowerCase()}@${ascii}`;
}

/** `https:` hosts are domains in ASCII and lower case (URL Standard, domain to ASCII). */
const asciiDomain = (name: string): string | null => URL.parse(`https://${name}`)?.hostname || null;

const MAX_SHOWN_CHARS = 64;

const shown = (entry: string): string => JSON.stringify(entry.slice(0, MAX_SHOWN_CHARS));
