import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { writeCatalogue } from "../../../src/catalogue/catalogue.ts";
import { listExpired } from "../../../src/catalogue/expired.ts";
import type { Retention } from "../../../src/config/retention.ts";
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

const DAY_MS = 86_400_000;

const NO_TAGS = new Map<string, number>();

/** The ids of what is due on a day counted from the first one. */
const due = async (day: number, retention: Retention, limit = 10, db = env.CATALOGUE) => {
  const expired = await listExpired(db, retention, Date.UTC(2020, 0, 1 + day), limit);
  return expired.map(({ requestId }) => requestId);
};

it("gives what has been due for the longest time first, received and failed, at a bounded cost", async () => {
  await writeCatalogue(env.CATALOGUE, daily.toReversed());
  const retention = { days: 7, byTag: NO_TAGS };
  expect(await due(7, retention)).toEqual([]);
  expect(await due(11, retention)).toEqual(ids.slice(0, 4));
  expect(await due(2_000, retention)).toEqual(ids.slice(0, 10));
  const [first] = await listExpired(env.CATALOGUE, retention, Date.UTC(2020, 0, 11), 1);
  expect(first?.lateMs).toBe(3 * DAY_MS);
  const { CATALOGUE, rowsRead } = metered();
  await due(3_000, retention, 10, CATALOGUE);
  expect(rowsRead()).toBeLessThan(100);
});

it("among the tags of a transcript that are listed the fewest days count, in place of the others", async () => {
  const at = (number: number, tags: string[]) =>
    upsert({ receivedAt: new Date(Date.UTC(2020, 0, 1, number)).toISOString(), tags });
  const rows = [
    at(0, []),
    at(1, ["other"]),
    at(2, ["short"]),
    at(3, ["long"]),
    at(4, ["long", "short"]),
    at(5, ["kept"]),
  ];
  const names = ["none", "other", "short", "long", "both", "kept"];
  const nameOf = new Map(rows.map(({ record }, index) => [record.requestId, names[index]]));
  await writeCatalogue(env.CATALOGUE, rows);
  const byTag = new Map([
    ["short", 2],
    ["long", 100],
    ["kept", Number.POSITIVE_INFINITY],
  ]);
  const dueBy = async (day: number, days: number | null) =>
    (await due(day, { days, byTag })).map((id) => nameOf.get(id)).sort();
  expect(await dueBy(3, 10)).toEqual(["both", "short"]);
  expect(await dueBy(12, 10)).toEqual(["both", "none", "other", "short"]);
  expect(await dueBy(12, null)).toEqual(["both", "short"]);
  expect(await dueBy(1_000, 10)).toEqual(["both", "long", "none", "other", "short"]);
});
