import type { Scanner } from "./scanner.ts";
import { maskOfText } from "./skip.ts";

export type Utf16 = "utf-16le" | "utf-16be";

/** Stands in place of a character beyond ASCII: no byte of JSON's own. */
const BEYOND_ASCII = 0x80;

/**
 * The UTF-16 encoding of a JSON text that begins with these two bytes, with a byte order mark or
 * without; null when it is not UTF-16.
 */
export function utf16Of(first: number, second: number): Utf16 | null {
  if (first === 0xff && second === 0xfe) return "utf-16le";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  if (first !== 0 && first < BEYOND_ASCII && second === 0) return "utf-16le";
  if (first === 0 && second !== 0 && second < BEYOND_ASCII) return "utf-16be";
  return null;
}

/**
 * Lets a scanner mask a text in UTF-16: it reads the ASCII characters, one byte each. A masked character
 * becomes an asterisk, in two bytes.
 */
export function createUtf16Masker(
  scanner: Pick<Scanner, "push" | "isMasking">,
  encoding: Utf16,
): (chunk: Uint8Array) => void {
  const isLittleEndian = encoding === "utf-16le";
  const [lowAt, highAt] = isLittleEndian ? [0, 1] : [1, 0];
  /** The first byte of a character whose second one comes with the next chunk. */
  let half: number | null = null;
  /** Whether that byte was read, as of an ASCII character, and masked. */
  let isHalfRead = false;

  const narrowed = (low: number, high: number) =>
    high === 0 && low < BEYOND_ASCII ? low : BEYOND_ASCII;

  /** Reads the second byte of a character, whose first one is gone. */
  function finish(first: number, chunk: Uint8Array): void {
    const second = chunk[0] as number;
    if (isHalfRead) {
      chunk[0] = 0;
      return;
    }
    const given = isLittleEndian ? narrowed(first, second) : narrowed(second, first);
    const read = Uint8Array.of(given);
    scanner.push(read);
    if (read[0] !== given) chunk[0] = isLittleEndian ? 0 : (read[0] as number);
  }

  /** Masks the first byte of a character before its second one is there. */
  function begin(chunk: Uint8Array, at: number): void {
    half = chunk[at] as number;
    isHalfRead = isLittleEndian && scanner.isMasking();
    if (!scanner.isMasking()) return;
    if (isLittleEndian) {
      const read = Uint8Array.of(half < BEYOND_ASCII ? half : BEYOND_ASCII);
      scanner.push(read);
      chunk[at] = read[0] as number;
    } else chunk[at] = 0;
  }

  return (chunk) => {
    if (chunk.length === 0) return;
    let from = 0;
    if (half !== null) {
      finish(half, chunk);
      half = null;
      from = 1;
    }
    const characters = (chunk.length - from) >> 1;
    const given = new Uint8Array(characters);
    for (let index = 0; index < characters; index++) {
      const at = from + 2 * index;
      given[index] = narrowed(chunk[at + lowAt] as number, chunk[at + highAt] as number);
    }
    const read = given.slice();
    scanner.push(read);
    for (let index = 0; index < characters; index++) {
      if (read[index] === given[index]) continue;
      const at = from + 2 * index;
      chunk[at + lowAt] = read[index] ?? maskOfText;
      chunk[at + highAt] = 0;
    }
    if (from + 2 * characters < chunk.length) begin(chunk, chunk.length - 1);
  };
}
