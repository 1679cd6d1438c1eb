import { describe, expect, test } from "vitest";
import { srt, vtt } from "../../../../src/transcript/captions/captions.ts";
import { csv } from "../../../../src/transcript/formats/csv.ts";
import { html } from "../../../../src/transcript/formats/html.ts";
import { jsonl } from "../../../../src/transcript/formats/jsonl.ts";
import { md, txt } from "../../../../src/transcript/formats/paragraphs.ts";
import type { SegmentSource } from "../../../../src/transcript/segments/segment.ts";
import { segment } from "./segment.ts";

const said = (i: number) =>
  segment(`So it goes on, ${i}.`, i * 3, i * 3 + 1.5, { channel: i % 2, speaker: i % 3 });

describe.each([
  ["vtt", vtt],
  ["srt", srt],
  ["txt", txt],
  ["jsonl", jsonl],
  ["md", md],
  ["csv", csv],
  ["html", (segments: SegmentSource) => html(segments, { title: "A talk" })],
])("%s", (_, render) => {
  test("comes while segments still do, and takes only some ahead", async () => {
    let taken = 0;
    async function* endless() {
      for (; ; taken++) yield said(taken);
    }
    const parts = render(endless());
    let text = "";
    for (let i = 0; i < 1000; i++) text += (await parts.next()).value;
    expect(text).toContain("So it goes on, 990.");
    expect(taken).toBeLessThan(1200);
  });

  test("closes the source when nobody wants more", async () => {
    let closed = false;
    async function* endless() {
      try {
        for (let i = 0; ; i++) yield said(i);
      } finally {
        closed = true;
      }
    }
    const parts = render(endless());
    for (let i = 0; i < 5; i++) await parts.next();
    await parts.return(undefined);
    expect(closed).toBe(true);
  });

  test("fails as the source does", async () => {
    async function* broken() {
      for (let i = 0; i < 500; i++) yield said(i);
      throw new Error("storage is away");
    }
    await expect(Array.fromAsync(render(broken()))).rejects.toThrow("storage is away");
  });
});
