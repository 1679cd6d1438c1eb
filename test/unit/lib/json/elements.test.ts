import { describe, expect, it } from "vitest";
import { elements } from "../../../../src/lib/json/elements.ts";
import { fc } from "../../../support/fast-check.ts";

const encoder = new TextEncoder();
const BRACKETS = "[]";
const sizes = fc.record({
  blockBytes: fc.integer({ min: 1, max: 40 }),
  batchBytes: fc.integer({ min: 0, max: 40 }),
  ahead: fc.integer({ min: 0, max: 3 }),
});

type Sizes = { blockBytes: number; batchBytes: number; ahead: number; begins?: number[] };

/** Reads an array of which `json` is all, with bytes around it that must not be touched. */
async function read(json: string, sizes: Sizes, hold: (bytes: number) => void = () => {}) {
  const bytes = encoder.encode(`"${json}"`);
  const from = 1 + "[".length;
  const to = bytes.length - BRACKETS.length;
  const asked: number[] = [];
  const batches = elements(
    async (offset, length) => {
      expect(offset).toBeGreaterThanOrEqual(from);
      expect(offset + length).toBeLessThanOrEqual(to);
      asked.push(length);
      return bytes.slice(offset, offset + length);
    },
    { from, to },
    { ...sizes, hold },
  );
  return { batches: await Array.fromAsync(batches), asked };
}

describe("the elements of a stored array", () => {
  it("are what JSON.parse gives, whatever is read and handed out at once", async () => {
    const arrays = fc.tuple(fc.array(fc.jsonValue({ maxDepth: 3 })), fc.nat(2));
    await fc.assert(
      fc.asyncProperty(arrays, sizes, async ([array, indent], sizes) => {
        const json = JSON.stringify(array, null, indent);
        const { batches, asked } = await read(json, sizes);
        expect(batches.flat()).toEqual(JSON.parse(json));
        expect(Math.max(0, ...asked)).toBeLessThanOrEqual(sizes.blockBytes);
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    String.raw`["]", "[", "{,}", "\"", "\\", "\\\"", "\\,", ",\u0022,", "é,日本,😀"]`,
    String.raw`[[",", "]\\"], {"a,\"}": "{"}, [[[",\\\\"]]]]`,
    "[ \n ]",
    "[ 1 ,\t2 , null ]",
  ])("end where they end: %s", async (json) => {
    for (let blockBytes = 1; blockBytes < 20; blockBytes++) {
      const { batches } = await read(json, { blockBytes, batchBytes: 0, ahead: 1 });
      expect(batches.flat()).toEqual(JSON.parse(json));
    }
  });

  it("keep bytes that are no UTF-8 as JSON.parse reads them", async () => {
    const bytes = new Uint8Array([0x22, 0xc3, 0x22, 0x2c, 0x22, 0xff, 0xa9, 0x22]);
    const whole = { from: 0, to: bytes.length };
    const sizes = { blockBytes: 1, batchBytes: 0, ahead: 1, hold: () => {} };
    const read = async (at: number, length: number) => bytes.slice(at, at + length);
    const batches = await Array.fromAsync(elements(read, whole, sizes));
    expect(batches.flat()).toEqual(JSON.parse(`[${new TextDecoder().decode(bytes)}]`));
  });

  it("come in batches that end where elements are known to begin", async () => {
    const array = fc.array(fc.jsonValue({ maxDepth: 2 }), { minLength: 1 });
    const gaps = fc.array(fc.constantFrom(",", " ,", ", ", "\n,\n "), {
      minLength: 1,
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(array, gaps, sizes, fc.nat(3), async (array, gaps, sizes, every) => {
        let inside = "";
        const begins: number[] = [];
        for (const [i, element] of array.entries()) {
          if (i > 0) inside += gaps[i % gaps.length]!;
          if (i % (every + 1) === 0) begins.push(2 + encoder.encode(inside).length);
          inside += JSON.stringify(element);
        }
        const json = `[${inside}]`;
        const { batches } = await read(json, { ...sizes, begins });
        expect(batches.flat()).toEqual(JSON.parse(json));
        const { batches: all } = await read(json, { ...sizes, batchBytes: 0, begins });
        expect(all.every((batch) => batch.length <= every + 1)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it("come a few at a time", async () => {
    const json = JSON.stringify(Array.from({ length: 1_000 }, (_, i) => i));
    const { batches } = await read(json, { blockBytes: 512, batchBytes: 64, ahead: 1 });
    expect(Math.max(...batches.map((batch) => batch.length))).toBeLessThan(64);
    expect(batches.length).toBeGreaterThan(20);
  });

  it("are reported while they are held, and no longer", async () => {
    const held: number[] = [];
    const json = JSON.stringify(["a".repeat(900), "b", "c"]);
    await read(json, { blockBytes: 100, batchBytes: 10, ahead: 1 }, (bytes) => held.push(bytes));
    expect(Math.max(...held)).toBe(902);
    expect(held.at(-1)).toBe(0);
  });

  it("are not read further once they are too many to hold", async () => {
    let reads = 0;
    const hold = (bytes: number) => {
      if (bytes > 300) throw new RangeError("too many");
    };
    const endless = async (_: number, length: number) => {
      reads++;
      return new Uint8Array(length).fill(0x22, 0, reads === 1 ? 1 : 0);
    };
    const range = { from: 0, to: 1_000_000 };
    const batches = elements(endless, range, { blockBytes: 100, batchBytes: 10, ahead: 1, hold });
    await expect(Array.fromAsync(batches)).rejects.toThrow("too many");
    expect(reads).toBeLessThan(6);
  });

  it("leave out the one that a cut range breaks off in", async () => {
    const bytes = encoder.encode(`[{"a":1},{"a":"x,y"},{"a":3}]`);
    const read = async (offset: number, length: number) => bytes.slice(offset, offset + length);
    for (let to = 10; to < 20; to++) {
      const sizes = { blockBytes: 7, batchBytes: 1, ahead: 1, hold: () => {}, isCut: true };
      const batches = await Array.fromAsync(elements(read, { from: 1, to }, sizes));
      expect(batches.flat()).toEqual([{ a: 1 }]);
    }
  });
});
