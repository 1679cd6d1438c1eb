/**
 * Reads stretches of an object, each whole, so that no stream stays open; all of them are of the
 * object that the first read has found. Throws when it is gone or another has taken its place.
 */
export function rangeReader(bucket: R2Bucket, key: string) {
  let first: Promise<R2ObjectBody> | undefined;

  async function get(options: R2GetOptions): Promise<R2ObjectBody> {
    const object = await bucket.get(key, options);
    if (object === null) throw new Error(`${key} is gone`);
    if (!("body" in object)) throw new Error(`${key} has been replaced meanwhile`);
    return object;
  }

  return async (offset: number, length: number): Promise<Uint8Array> => {
    const range = { offset, length };
    const object = first?.then(({ etag }) => get({ range, onlyIf: { etagMatches: etag } }));
    first ??= get({ range });
    return new Uint8Array(await (await (object ?? first)).arrayBuffer());
  };
}
