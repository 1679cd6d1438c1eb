import { hex, sha256 } from "../../lib/digest.ts";

// With its URL: an endpoint of another one is another endpoint.
const keyOf = async (name: string, url: string) =>
  `disabled-endpoints/${name}/${hex(await sha256(url)).slice(0, 32)}`;

/** When an endpoint was disabled (ISO 8601, UTC), or null. KV may tell it a minute late. */
export async function disabledSince(
  settings: KVNamespace,
  name: string,
  url: string,
): Promise<string | null> {
  return settings.get(await keyOf(name, url));
}

export async function disableEndpoint(
  settings: KVNamespace,
  name: string,
  url: string,
  since: string,
): Promise<void> {
  await settings.put(await keyOf(name, url), since);
}

export async function enableEndpoint(
  settings: KVNamespace,
  name: string,
  url: string,
): Promise<void> {
  await settings.delete(await keyOf(name, url));
}
