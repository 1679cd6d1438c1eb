import { cleanText } from "../transcript/segments/clean-text.ts";
import { emailAddress } from "./effect.ts";

export type Mailbox = { address: string; name: string | null };

/** Reads `address` or `Name <address>`; null when it is neither. */
export function parseMailbox(text: string): Mailbox | null {
  const [, name = "", inner = text] = /^([^<>]*)<([^<>]*)>$/.exec(text.trim()) ?? [];
  const address = emailAddress.safeParse(inner.trim());
  if (!address.success) return null;
  // Quotes belong to the wire (RFC 5322, 3.4); who writes the header adds them where they are needed.
  return { address: address.data, name: cleanText(name.replace(/["\\]/g, "")) || null };
}
