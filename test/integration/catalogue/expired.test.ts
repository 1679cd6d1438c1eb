import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { writeCatalogue } from "../../../src/catalogue/catalogue.ts";
import { expiredBefore } from "../../../src/catalogue/expired.ts";
import { metered } from "./metered.ts";
import { upsert } from "./said.ts";

const daily = Array.from({ length: 3_000 }, (_, day) =>
  upsert({
    receivedAt: new Date(Date.UTC(2020, 0, 1 + day)).toISOString(),
    state: day % 2 === 0 ? "received" : "failed",
    tags: ["a", "b"],
  }),
);

const ids = daily.map(({ record }) => record.requestId);

it("gives the oldest transcripts before a moment, received and failed, at a bounded cost", async () => {
  await writeCatalogue(env.CATALOGUE, daily.toReversed());
  const before = (day: number, limit: number) =>
    expiredBefore(env.CATALOGUE, { cutoff: Date.UTC(2020, 0, 1 + day), now: Date.now(), limit });
  expect(await before(0, 10)).toEqual([]);
  expect(await before(4, 10)).toEqual(ids.slice(0, 4));
  expect(await before(2_000, 10)).toEqual(ids.slice(0, 10));
  const { CATALOGUE, rowsRead } = metered();
  await expiredBefore(CATALOGUE, { cutoff: Date.UTC(2030), now: Date.UTC(2030), limit: 10 });
  expect(rowsRead()).toBeLessThan(100);
});
