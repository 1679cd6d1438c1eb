/**
 * Reads stretches of an object, each whole, so that no stream stays open. Throws when the object is
 * gone.
 */
export function rangeReader(bucket: R2Bucket, key: string) {
  return async (offset: number, length: number): Promise<Uint8Array> => {
    const object = await bucket.get(key, { range: { offset, length } });
    if (object === null) throw new Error(`${key} is gone`);
    return new Uint8Array(await object.arrayBuffer());
  };
}
