/** The bytes of a body: in memory, or in the spool under this key. */
export type Content = { held: Uint8Array } | { spooled: string };

/** The same as something to put. Throws when the spooled object is gone. */
export async function contentStream(
  bucket: R2Bucket,
  content: Content,
): Promise<Uint8Array | ReadableStream> {
  if ("held" in content) return content.held;
  const object = await bucket.get(content.spooled);
  if (object === null) throw new Error(`${content.spooled} is gone`);
  return object.body;
}
