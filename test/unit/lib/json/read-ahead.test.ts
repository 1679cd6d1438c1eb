import { describe, expect, it } from "vitest";
import { readAhead } from "../../../../src/lib/json/elements.ts";

const RANGE = { from: 3, to: 53 };
const SIZES = { blockBytes: 8, ahead: 2 };

/** A store whose reads are answered one by one, the last one asked for first by default. */
function slowStore() {
  const bytes = Uint8Array.from({ length: 60 }, (_, i) => i);
  const asked: { at: number; answer: () => void; fail: () => void }[] = [];
  const read = (at: number, length: number) =>
    new Promise<Uint8Array>((resolve, reject) => {
      const answer = () => resolve(bytes.slice(at, at + length));
      asked.push({ at, answer, fail: () => reject(new Error("internal error")) });
    });
  return { bytes, asked, read };
}

describe("blocks read ahead", () => {
  it("are asked for before the one before them is used, and no more of them than allowed", async () => {
    const { asked, read } = slowStore();
    const blocks = readAhead(read, RANGE, SIZES);
    const first = blocks.next();
    expect(asked.map(({ at }) => at)).toEqual([3, 11, 19]);
    asked[0]?.answer();
    await first;
    expect(asked).toHaveLength(3);
    const second = blocks.next();
    expect(asked.map(({ at }) => at)).toEqual([3, 11, 19, 27]);
    asked[1]?.answer();
    await second;
  });

  it("come whole and in order, in whatever order they are answered", async () => {
    const { bytes, asked, read } = slowStore();
    const found: number[] = [];
    const all = (async () => {
      for await (const block of readAhead(read, RANGE, SIZES)) found.push(...block);
    })();
    for (let rounds = 0; rounds < 10; rounds++) {
      for (const { answer } of asked.toReversed()) answer();
      await scheduler.wait(0);
    }
    await all;
    expect(found).toEqual([...bytes.slice(RANGE.from, RANGE.to)]);
  });

  it("that fail do so when their turn comes", async () => {
    const { asked, read } = slowStore();
    const blocks = readAhead(read, RANGE, SIZES);
    const first = blocks.next();
    asked[1]?.fail();
    asked[0]?.answer();
    expect((await first).value).toHaveLength(SIZES.blockBytes);
    await expect(blocks.next()).rejects.toThrow("internal error");
  });

  it("that fail when nobody wants them any more harm nobody", async () => {
    const { asked, read } = slowStore();
    const blocks = readAhead(read, RANGE, SIZES);
    const first = blocks.next();
    asked[0]?.answer();
    await first;
    await blocks.return(undefined);
    const unhandled: unknown[] = [];
    const note = (event: PromiseRejectionEvent) => unhandled.push(event.reason);
    addEventListener("unhandledrejection", note);
    asked[1]?.fail();
    await scheduler.wait(10);
    removeEventListener("unhandledrejection", note);
    expect(unhandled).toEqual([]);
  });
});
