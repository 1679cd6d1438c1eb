/**
 * Whether `If-None-Match` (RFC 9110, section 13.1.2) is met by the representation with this strong
 * entity tag, so that the answer is 304. The comparison is weak: `W/` is passed over.
 */
export function notModified(ifNoneMatch: string | null | undefined, etag: string): boolean {
  if (!ifNoneMatch) return false;
  if (ifNoneMatch.trim() === "*") return true;
  return [...ifNoneMatch.matchAll(/(?:W\/)?("[^"]*")/g)].some(([, tag]) => tag === etag);
}
