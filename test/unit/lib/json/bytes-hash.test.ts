import { expect, it } from "vitest";
import { areAlike, hashMore, joinHashes, NO_BYTES } from "../../../../src/lib/json/bytes-hash.ts";
import { fc } from "../../../support/fast-check.ts";

const hashOf = (bytes: Uint8Array) => hashMore(NO_BYTES, bytes, 0, bytes.length);
const bytes = fc.uint8Array({ maxLength: 40 });

it("is the same however the bytes are divided", () => {
  fc.assert(
    fc.property(bytes, bytes, bytes, (one, two, three) => {
      const all = Uint8Array.of(...one, ...two, ...three);
      const joined = joinHashes(hashOf(one), joinHashes(hashOf(two), hashOf(three)));
      expect(joined).toEqual(hashOf(all));
      const more = hashMore(hashOf(one), all, one.length, all.length);
      expect(areAlike(more, joined)).toBe(true);
    }),
  );
});

it("is another one of bytes that differ in a place, in their order or in number", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 2, maxLength: 40 }),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (given, place, change) => {
        const at = place % (given.length - 1);
        const changed = given.map((byte, i) => (i === at ? (byte + change) % 256 : byte));
        expect(areAlike(hashOf(given), hashOf(changed))).toBe(false);
        expect(areAlike(hashOf(given), hashOf(Uint8Array.of(...given, 0)))).toBe(false);
        const swapped = given.slice();
        [swapped[at], swapped[at + 1]] = [given[at + 1]!, given[at]!];
        expect(areAlike(hashOf(given), hashOf(swapped))).toBe(given[at] === given[at + 1]);
      },
    ),
  );
});
