import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { parseRequestId, type RequestId } from "../../../src/deepgram/request-id.ts";
import { markLive, readExpectation } from "../../../src/store/expectations.ts";

const idOf = () => parseRequestId(crypto.randomUUID()) as RequestId;

it("what is live stays with the owner that it has, and as it began", async () => {
  const id = idOf();
  const first = await markLive(env.TRANSCRIPTS, id, "one", Date.now());
  const second = await markLive(env.TRANSCRIPTS, id, "other", Date.now() + 60_000);
  expect(second).toEqual(first);
  expect(await readExpectation(env.TRANSCRIPTS, id)).toMatchObject({ state: "live", owner: "one" });
});

it("of two who make a request live at the same moment one is its owner", async () => {
  const id = idOf();
  const both = ["one", "other"].map((owner) => markLive(env.TRANSCRIPTS, id, owner, Date.now()));
  const owners = (await Promise.all(both)).map(({ owner }) => owner);
  expect(new Set(owners).size).toBe(1);
});
