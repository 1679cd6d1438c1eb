import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { liveObject } from "../../src/live/owner.ts";
import { faulty } from "../support/faulty.ts";

const idOf = (JURISDICTION: string) =>
  String(liveObject({ LIVE: env.LIVE, JURISDICTION, LOCATION: "" }, "a-job").id);

it("live objects of a jurisdiction are others than those of the same name elsewhere", () => {
  expect(idOf("none")).toBe(idOf(""));
  expect(new Set([idOf(""), idOf("eu"), idOf("us")])).toSatisfy(
    (ids: Set<string>) => ids.size === 3,
  );
  expect(idOf("eu")).toBe(idOf("eu"));
});

it("live objects are created where LOCATION says", () => {
  const asked: unknown[] = [];
  const LIVE = faulty(env.LIVE, {
    getByName: (...args: Parameters<Env["LIVE"]["getByName"]>) => {
      asked.push(args);
      return env.LIVE.getByName(...args);
    },
  });
  liveObject({ LIVE, JURISDICTION: "", LOCATION: "weur" }, "a-job");
  expect(asked).toEqual([["a-job", { locationHint: "weur" }]]);
});
