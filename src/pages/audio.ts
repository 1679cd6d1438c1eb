/**
 * The audio to play beside a transcript: the first of the addresses asked for whose origin is
 * allowed, without a fragment; null for none.
 */
export function audioUrl(asked: readonly unknown[], origins: readonly string[]): string | null {
  for (const each of asked) {
    const url = typeof each === "string" ? URL.parse(each) : null;
    if (url === null || !origins.includes(url.origin)) continue;
    // Credentials in an address would go into the page.
    url.username = url.password = url.hash = "";
    return url.href;
  }
  return null;
}
