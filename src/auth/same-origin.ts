/**
 * Whether a request with effects was made by one of our own pages, as browsers tell (Fetch Metadata,
 * `Sec-Fetch-Site`; RFC 6454, section 7). A request that tells neither is not.
 */
export function isSameOrigin(request: Request): boolean {
  const site = request.headers.get("sec-fetch-site");
  if (site !== null) return site === "same-origin";
  return request.headers.get("origin") === new URL(request.url).origin;
}
