const [ZERO, ONE, NINE] = [0x30, 0x31, 0x39];

/** Stands in place of each byte of a masked string: an asterisk. */
export const maskOfText = 0x2a;

/** Stands in place of a byte of a masked number, which stays a JSON number of the same length. */
export const maskOfNumber = (byte: number): number => (byte >= ZERO && byte <= NINE ? ONE : byte);

/** Masks the bytes of a string in the chunk. */
export function maskText(chunk: Uint8Array, from: number, to: number): void {
  chunk.fill(maskOfText, from, to);
}

/** Masks the bytes of a number in the chunk. */
export function maskNumber(chunk: Uint8Array, from: number, to: number): void {
  for (let at = from; at < to; at++) chunk[at] = maskOfNumber(chunk[at] as number);
}
