import { describe, expect, it } from "vitest";
import { unshowableReason } from "../../../../src/transcript/segments/stored-body-reader.ts";
import { body, channel, utterance, words } from "./bodies.ts";
import { streamed } from "./stored.ts";

const MIB = 1024 * 1024;

async function reasonOf(json: string): Promise<string | null> {
  try {
    await streamed(json);
    return null;
  } catch (error) {
    return unshowableReason(error) ?? String(error);
  }
}

describe("a body that cannot be shown in bounded memory says so:", () => {
  it("an utterance of more than 4 MiB", async () => {
    const giant = utterance("a".repeat(5 * MIB), 0);
    expect(await reasonOf(JSON.stringify(body({ utterances: [giant] })))).toBe("too-large");
  });

  it("a transcript of more than 4 MiB without words", async () => {
    const channels = [channel([], { transcript: "a ".repeat(3 * MIB) })];
    expect(await reasonOf(JSON.stringify(body({ channels })))).toBe("too-large");
  });

  it("a sentence that claims every word", async () => {
    const sentences = [{ text: "All.", start: 0, end: 1e9 }];
    const spoken = words("w ".repeat(20_000).trim());
    const paragraphs = { paragraphs: [{ sentences }] };
    const channels = [channel(spoken, { paragraphs })];
    expect(await reasonOf(JSON.stringify(body({ channels })))).toBe("too-large");
  });

  it.each([
    ["channels", { channels: Array.from({ length: 300 }, () => channel(words("a"))) }],
    [
      "channels of utterances",
      { utterances: Array.from({ length: 300 }, (_, i) => utterance("a", 0, { channel: i })) },
    ],
    [
      "channels of utterances in turn",
      { utterances: Array.from({ length: 2e3 }, (_, i) => utterance("a", 0, { channel: i })) },
    ],
  ])("too many %s", async (_, results) => {
    expect(await reasonOf(JSON.stringify(body(results)))).toBe("too-many-channels");
  });

  it("one that was never whole", async () => {
    expect(await reasonOf('{"results":{"channels":[]}')).toBe("not-json");
  });
});

describe("a body is shown in spite of", () => {
  it("a million channels without anything, duplicates of others", async () => {
    const many = `[${"0,".repeat(1e6)}0]`;
    const json = `{"results":{"channels":${many},"channels":[${JSON.stringify(channel(words("a")))}]}}`;
    expect((await streamed(json)).found).toHaveLength(1);
  });

  it("words nested a hundred thousand deep", async () => {
    const deep = `{"word":"a","x":${"[".repeat(1e5)}${"]".repeat(1e5)}}`;
    const json = `{"results":{"channels":[{"alternatives":[{"words":[${deep}]}]}]}}`;
    expect((await streamed(json)).found).toMatchObject([{ text: "a" }]);
  });

  it("sentences in which no word is spoken until the last", async () => {
    const sentences = [{ text: "At last.", start: 1e8, end: 1e9 }];
    const spoken = words("w ".repeat(20_000).trim());
    const channels = [channel(spoken, { paragraphs: { paragraphs: [{ sentences }] } })];
    const { found } = await streamed(JSON.stringify(body({ channels })));
    expect(found.flatMap((segment) => segment.words)).toHaveLength(20_000);
    expect(found.at(-1)?.text).toBe("At last.");
  });
});
