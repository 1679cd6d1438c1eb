/** First and last byte, both included. */
export type ByteRange = { start: number; end: number };

/**
 * Reads `Range` (RFC 9110, section 14.2) against a representation. Null, that is the whole, for no
 * range, one that is malformed or in another unit, several ranges (a server may ignore them), and
 * where `If-Range` names another representation.
 */
export function byteRange(
  headers: Headers,
  { etag, bytes }: { etag: string; bytes: number },
): ByteRange | "unsatisfiable" | null {
  const ifRange = headers.get("if-range");
  if (ifRange !== null && ifRange !== etag) return null;
  const parts = /^bytes=(\d*)-(\d*)$/i.exec(headers.get("range")?.trim() ?? "");
  const [first, last] = [parts?.[1] ?? "", parts?.[2] ?? ""];
  if (first === "" && last === "") return null;
  const suffix = first === "";
  const start = suffix ? Math.max(bytes - Number(last), 0) : Number(first);
  const end = suffix || last === "" ? bytes - 1 : Math.min(Number(last), bytes - 1);
  if (!suffix && last !== "" && Number(last) < start) return null;
  return start < bytes ? { start, end } : "unsatisfiable";
}
