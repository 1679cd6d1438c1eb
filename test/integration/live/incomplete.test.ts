import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { get } from "../../support/get.ts";
import { later } from "../../support/work-off.ts";
import { alarmAfter, ownerNamed, post, statusOf } from "./stream.ts";

afterEach(() => void vi.useRealTimers());

type Said = [word: string, start: number, end: number];

/** A `Results` message of one channel of several. */
const result = (
  id: string,
  [start, end]: [number, number],
  said: Said[],
  { isFinal = true, channel = 0, channels = 1 } = {},
) => ({
  type: "Results",
  channel_index: [channel, channels],
  start,
  duration: end - start,
  is_final: isFinal,
  channel: {
    alternatives: [
      {
        transcript: said.map(([word]) => word).join(" "),
        confidence: 0.9,
        words: said.map(([word, start, end]) => ({
          word: word.toLowerCase(),
          punctuated_word: word,
          start,
          end,
          confidence: 0.9,
        })),
      },
    ],
  },
  metadata: { request_id: id },
});

const terminal = (id: string, duration: number, channels = 1) => ({
  type: "Metadata",
  request_id: id,
  sha256: "incomplete",
  created: "2026-11-02T09:00:00.000Z",
  duration,
  channels,
});

const HELLO: Said[] = [["Hello.", 0.2, 0.8]];

/** The warnings of a stream of these messages, once it is over. */
async function warningsOf(id: string, messages: unknown[], seconds = 36) {
  for (const message of messages) expect((await post(message)).status).toBe(200);
  await alarmAfter(id, seconds);
  const { state, warnings } = await statusOf(id);
  expect(state).toBe("received");
  return warnings as Record<string, unknown>[];
}

describe("incomplete_audio", () => {
  it("tells the seconds that finals leave out, in the middle and at the end", async () => {
    const id = crypto.randomUUID();
    const finals = [result(id, [0, 2], HELLO), result(id, [9.5, 14], [["Bye.", 10, 11]])];
    expect(await warningsOf(id, [...finals, terminal(id, 57.5)])).toEqual([
      {
        type: "incomplete_audio",
        message: expect.stringContaining("51 s"),
        seconds: 51,
        channel: 0,
        gaps: [
          { start: 2, end: 9.5 },
          { start: 14, end: 57.5 },
        ],
      },
    ]);
  });

  it("names only the channel that lacks finals", async () => {
    const id = crypto.randomUUID();
    const both = { channels: 2 };
    const warnings = await warningsOf(id, [
      result(id, [0, 10], HELLO, both),
      result(id, [0, 4], HELLO, { ...both, channel: 1 }),
      terminal(id, 10, 2),
    ]);
    expect(warnings).toMatchObject([{ type: "incomplete_audio", channel: 1, seconds: 6 }]);
  });

  it("names a channel that has no final at all", async () => {
    const id = crypto.randomUUID();
    const warnings = await warningsOf(id, [
      result(id, [0, 10], HELLO, { channels: 2 }),
      terminal(id, 10, 2),
    ]);
    expect(warnings).toMatchObject([{ type: "incomplete_audio", channel: 1, seconds: 10 }]);
  });

  it("appears for a stream without any final", async () => {
    const id = crypto.randomUUID();
    expect(await warningsOf(id, [terminal(id, 30)])).toMatchObject([
      { type: "incomplete_audio", seconds: 30 },
    ]);
  });

  it.each([
    ["silence that was answered by empty finals", (id: string) => [result(id, [1, 60], [])], 60],
    ["a rest that is too short for a result", () => [], 1.4],
    ["times that are rounded", (id: string) => [result(id, [1.05, 60], [])], 60],
  ])("does not appear for %s", async (_, more, duration) => {
    const id = crypto.randomUUID();
    const messages = [result(id, [0, 1], HELLO), ...more(id), terminal(id, duration)];
    expect(await warningsOf(id, messages, 3)).toEqual([]);
  });

  it("does not appear for a stream without audio", async () => {
    const id = crypto.randomUUID();
    expect(await warningsOf(id, [terminal(id, 0)], 3)).toEqual([]);
  });

  it("outlasts values in the terminal message that are no numbers", async () => {
    const id = crypto.randomUUID();
    const odd = { ...terminal(id, 0), duration: "long", channels: -1 };
    expect(await warningsOf(id, [result(id, [0, 1], HELLO), odd])).toEqual([]);
  });
});

describe("the last interim that was never finalised", () => {
  const interim = (id: string, end: number) =>
    result(id, [2, end], [["Wait", 2.1, 2.4]], { isFinal: false });

  it("appears, also when the object was evicted after it", async () => {
    const id = crypto.randomUUID();
    await post(result(id, [0, 2], HELLO));
    await post(interim(id, 3.5));
    await evictDurableObject(ownerNamed(id));
    await alarmAfter(id, 301);
    await alarmAfter(id, 320);
    const { warnings } = await statusOf(id);
    expect(warnings).toMatchObject([
      { type: "missing_terminal_message" },
      { type: "incomplete_audio", seconds: 1.5, gaps: [{ start: 2, end: 3.5 }] },
    ]);
    const text = await (await get(`/v1/transcripts/${id}.txt`)).text();
    expect(text).not.toContain("Wait");
  });

  it("is kept at most every 5 s of its channel, the last one after 5 s", async () => {
    const id = crypto.randomUUID();
    const owner = ownerNamed(id);
    await post(result(id, [0, 2], HELLO));
    const kept = () =>
      runInDurableObject(owner, (_, { storage }) => [
        Number(storage.sql.exec("SELECT total_changes() AS n").one().n),
        storage.sql.exec("SELECT end FROM interim_ends").toArray(),
      ]);
    const [before] = await kept();
    for (const end of [3, 3.5, 4, 4.5]) await post(interim(id, end));
    expect(await kept()).toEqual([Number(before) + 1, [{ end: 3 }]]);
    // It is a timer of the object, not an alarm: no more time is needed than this.
    await vi.waitFor(
      async () => expect(await kept()).toEqual([Number(before) + 2, [{ end: 4.5 }]]),
      {
        timeout: 8_000,
        interval: 500,
      },
    );
  });

  it("disappears once a final covers it, whenever that comes", async () => {
    const id = crypto.randomUUID();
    await post(result(id, [0, 2], HELLO));
    await post(interim(id, 3.5));
    await alarmAfter(id, 301);
    later(400);
    await post(result(id, [2, 4], [["Wait.", 2.1, 2.4]]));
    await alarmAfter(id, 5);
    const { warnings } = await statusOf(id);
    expect(warnings).toMatchObject([{ type: "missing_terminal_message" }]);
  });

  it("costs no write when it has no words, or a final has its audio already", async () => {
    const id = crypto.randomUUID();
    await post(result(id, [0, 2], HELLO));
    await post(result(id, [2, 6], [], { isFinal: false }));
    await post(result(id, [0, 1.5], HELLO, { isFinal: false }));
    const rows = await runInDurableObject(ownerNamed(id), (_, { storage }) =>
      storage.sql.exec("SELECT * FROM interim_ends").toArray(),
    );
    expect(rows).toEqual([]);
  });
});

describe("finals that overlap", () => {
  const read = async (id: string) => {
    const response = await get(`/v1/transcripts/${id}`);
    const { results } = await response.json<{
      results: {
        channels: { alternatives: { transcript: string; words: { word: string }[] }[] }[];
      };
    }>();
    const [{ transcript, words }] = results.channels[0]!.alternatives as [
      { transcript: string; words: { word: string }[] },
    ];
    return { transcript, words: words.map(({ word }) => word).join(" ") };
  };

  it.each([
    ["as they are", 0],
    ["a little later", 0.1],
  ])("show words once, that the second has %s", async (_, shift) => {
    const id = crypto.randomUUID();
    const at = (start: number) => [start + shift, start + shift + 0.3] as const;
    const messages = [
      result(
        id,
        [0, 2],
        [
          ["We", 0, 0.3],
          ["saw", 0.4, 0.7],
          ["a", 1.4, 1.6],
          ["fox", 1.7, 2.05],
        ],
      ),
      result(
        id,
        [1.5, 4],
        [
          ["a", ...at(1.4)],
          ["Fox", ...at(1.7)],
          ["run", 2.1, 2.4],
          ["away.", 2.5, 2.9],
        ],
      ),
      terminal(id, 4),
    ];
    expect(await warningsOf(id, messages.reverse(), 3)).toEqual([]);
    expect(await read(id)).toEqual({
      transcript: "We saw a fox run away.",
      words: "we saw a fox run away.",
    });
    const text = await (await get(`/v1/transcripts/${id}.txt`)).text();
    expect(text).toContain("We saw a fox run away.");
  });

  it("lose no word that only one of them has", async () => {
    const id = crypto.randomUUID();
    const messages = [
      result(
        id,
        [0, 10],
        [
          ["One", 0, 0.5],
          ["nine.", 9, 9.5],
        ],
      ),
      result(id, [4, 6], [["Five.", 4.8, 5.2]]),
      terminal(id, 10),
    ];
    await warningsOf(id, messages, 3);
    const { words } = await read(id);
    expect(words.split(" ").sort()).toEqual(["five.", "nine.", "one"]);
  });

  it("keep a word that is said again at once", async () => {
    const id = crypto.randomUUID();
    const messages = [
      result(id, [0, 2], [["No", 1.7, 1.95]]),
      result(id, [1.8, 4], [["no", 2, 2.2]]),
      terminal(id, 4),
    ];
    await warningsOf(id, messages, 3);
    expect((await read(id)).words).toBe("no no");
  });

  it("while a stream is live show words once, too", async () => {
    const id = crypto.randomUUID();
    await post(result(id, [0, 2], [["fox", 1.7, 2.05]]));
    await post(
      result(
        id,
        [1.5, 4],
        [
          ["fox", 1.7, 2.05],
          ["runs", 2.1, 2.4],
        ],
      ),
    );
    const text = await (await get(`/v1/transcripts/${id}.txt?partial=true`)).text();
    expect(text.match(/fox/g)).toHaveLength(1);
    expect(text).toContain("runs");
  });
});
