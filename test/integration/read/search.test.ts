import { expect, it } from "vitest";
import { deliver, transcript } from "../../support/deliver.ts";
import { get } from "../../support/get.ts";

async function stored(options?: Parameters<typeof transcript>[0]) {
  const { id, body } = transcript({ words: 60, ...options });
  await deliver(body);
  return `/v1/transcripts/${id}/search`;
}

const ID = crypto.randomUUID();
const SAID = "Guten Morgen, wie können wir Ihnen helfen?";

it("tells where a phrase is said, by whom, and what stands around it", async () => {
  const words = SAID.split(" ").map((word, at) => ({ word, start: at, end: at + 0.5 }));
  const utterance = { channel: 0, speaker: 1, transcript: SAID, start: 0, end: 7, words };
  const results = { channels: [{}], utterances: [utterance] };
  await deliver(JSON.stringify({ metadata: { request_id: ID }, results }));
  const response = await get(`/v1/transcripts/${ID}/search?q=${encodeURIComponent("WIE konnen")}`);
  expect(response.headers.get("content-type")).toBe("application/json");
  expect(response.headers.get("cache-control")).toBe("no-store");
  expect(await response.json()).toEqual({
    hits: [{ start: 2, end: 3.5, channel: 0, speaker: 1, text: SAID }],
  });
});

it("has no hits for what was not said", async () => {
  expect(await (await get(`${await stored()}?q=xylophone`)).json()).toEqual({ hits: [] });
});

it.each(["", "?q=", "?q=%20", "?q=*", "?q=%2C%20!", `?q=${"x".repeat(1_001)}`])(
  "is 400 for %s",
  async (query) => {
    const response = await get((await stored()) + query);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ detail: expect.stringMatching(/^q /) });
  },
);

it("is 404 for an unknown transcript", async () => {
  const path = `/v1/transcripts/${crypto.randomUUID()}/search?q=x`;
  expect((await get(path)).status).toBe(404);
});
