import { expect, it } from "vitest";
import { createStringMasker, maskStrings } from "../../../../src/lib/mask-strings.ts";
import { fc } from "../../../support/fast-check.ts";

const encoder = new TextEncoder();

// Few characters: strings then overlap, repeat, and stand within one another.
const textOf = (minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom("a", "b", "é"), minLength, maxLength });

const strings = fc.array(
  textOf(2, 9).map((text) => encoder.encode(text)),
  { maxLength: 5 },
);
const texts = textOf(0, 200).map((text) => encoder.encode(text));
const sizes = fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 40 });

/** Compares at every place. */
function expected(bytes: Uint8Array, strings: Uint8Array[]): Uint8Array {
  const masked = bytes.slice();
  for (const string of strings) {
    for (let at = 0; at + string.length <= bytes.length; at++) {
      if (string.every((byte, index) => bytes[at + index] === byte)) {
        masked.fill(0x2a, at, at + string.length);
      }
    }
  }
  return masked;
}

it("masks each string wherever it stands, and nothing else", () => {
  fc.assert(
    fc.property(texts, strings, (bytes, strings) => {
      const given = bytes.slice();
      expect(maskStrings(bytes, strings)).toEqual(expected(bytes, strings));
      expect(bytes).toEqual(given);
    }),
    { numRuns: 2_000 },
  );
});

it("masks the same in chunks of any size, and changes none of them", () => {
  fc.assert(
    fc.property(texts, strings, sizes, (bytes, strings, sizes) => {
      const given = bytes.slice();
      const masker = createStringMasker(strings);
      const parts: Uint8Array[] = [];
      let from = 0;
      for (const size of [...sizes, bytes.length]) {
        parts.push(masker.push(bytes.subarray(from, from + size)));
        from = Math.min(from + size, bytes.length);
      }
      const masked = Uint8Array.from([...parts, masker.end()].flatMap((part) => [...part]));
      expect(masked).toEqual(expected(bytes, strings));
      expect(bytes).toEqual(given);
    }),
    { numRuns: 2_000 },
  );
});

it("masks strings of more than 255 bytes, and a string in UTF-16 without its zero bytes", () => {
  const long = new Uint8Array(300).fill(0x61);
  const wide = Uint8Array.of(0x61, 0, 0x62, 0);
  const bytes = Uint8Array.of(0x78, ...long, 0x78);
  const masked = Uint8Array.of(0x78, ...new Uint8Array(300).fill(0x2a), 0x78);
  expect(maskStrings(bytes, [long])).toEqual(masked);
  expect(maskStrings(bytes.subarray(0, 300), [long])).toEqual(bytes.subarray(0, 300));
  expect(maskStrings(wide, [wide])).toEqual(Uint8Array.of(0x2a, 0, 0x2a, 0));
});
