import { expect, test } from "vitest";
import { phrase, search } from "../../../../src/transcript/search/search.ts";
import type { Segment } from "../../../../src/transcript/segments/segment.ts";
import { segment } from "../formats/segment.ts";

test("hits come while segments still do, and the source is closed when nobody wants more", async () => {
  let taken = 0;
  let closed = false;
  async function* endless() {
    try {
      for (; ; taken++) yield segment("So it goes.", taken, taken + 1, { channel: taken % 3 });
    } finally {
      closed = true;
    }
  }
  const hits = search(endless(), "it goes so");
  for (let i = 0; i < 1000; i++) expect((await hits.next()).value?.channel).toBe(i % 3);
  expect(taken).toBeLessThan(2100);
  await hits.return(undefined);
  expect(closed).toBe(true);
});

test("a hit comes with the next segment, though its channel falls silent", async () => {
  function* quiet() {
    yield segment("So it goes.", 0, 1, { channel: 1 });
    yield segment("Hm.", 1, 2);
    throw new Error("asked for more than one segment");
  }
  const hits = search(quiet(), "goes");
  expect((await hits.next()).value?.channel).toBe(1);
});

test("many hits of one segment come before the next segment is asked for", async () => {
  function* lengthy() {
    yield segment("ha ".repeat(5000), 0, 1);
    throw new Error("asked for another segment");
  }
  expect((await search(lengthy(), "ha").next()).value?.start).toBe(0);
});

test("a match that is never completed holds up only so many hits", async () => {
  let taken = 0;
  function* endless(): Generator<Segment> {
    yield segment("It is the", 0, 1);
    for (; ; taken++) yield segment("The end.", taken + 2, taken + 3, { channel: 1 });
  }
  const hits = search(endless(), "the end");
  expect((await hits.next()).value?.start).toBeCloseTo(2, 6);
  expect(taken).toBeGreaterThan(4000);
  expect(taken).toBeLessThan(5000);
});

test("a match goes on across segments of other channels, a hundred begun ones at most", async () => {
  const begun = (channels: number) => [
    segment("so it", 0, 1),
    ...Array.from({ length: channels }, (_, i) => segment("so", 1, 2, { channel: i + 1 })),
    segment("goes", 3, 4),
  ];
  expect(await Array.fromAsync(search(begun(99), "so it goes"))).toHaveLength(1);
  expect(await Array.fromAsync(search(begun(100), "so it goes"))).toHaveLength(0);
});

test("channels on which no match is begun do not count", async () => {
  const said = [segment("so it", 0, 1)];
  for (let channel = 1; channel <= 150; channel++) {
    said.push(segment("so", 1, 2, { channel }), segment("no", 1, 2, { channel }));
  }
  said.push(segment("goes", 3, 4));
  expect(await Array.fromAsync(search(said, "so it goes"))).toHaveLength(1);
});

test("a match goes on across much punctuation, but not without end", async () => {
  const parted = (marks: number) => [
    segment("so", 0, 1),
    segment(`it ${"… ".repeat(marks)}`, 1, 2),
    segment("goes", 2, 3),
    segment("on", 3, 4),
  ];
  expect(await Array.fromAsync(search(parted(1000), "so it goes on"))).toHaveLength(1);
  expect(await Array.fromAsync(search(parted(50_000), "so it goes on"))).toHaveLength(0);
});

test("more hits in one segment than may wait are given in order", async () => {
  const hits = await Array.fromAsync(search([segment("ha ".repeat(20_000), 0, 9999)], "ha"));
  expect(hits).toHaveLength(20_000);
  for (const [i, { start }] of hits.entries()) expect(start).toBeCloseTo((i * 9999) / 20_000, 3);
});

test("a phrase is looked for in time linear in the text, however it repeats itself", () => {
  let reads = 0;
  const hostile = [...Array.from({ length: 500 }, () => "a"), "b"];
  const counted = new Proxy(hostile, {
    get(keys, name) {
      reads++;
      return Reflect.get(keys, name) as unknown;
    },
  });
  const { advance, length } = phrase(counted);
  let matched = 0;
  for (let i = 0; i < 10_000; i++) {
    matched = advance(matched, "a");
    expect(matched).toBeLessThan(length);
  }
  expect(reads).toBeLessThan(50_000);
  expect(advance(matched, "b")).toBe(length);
});
