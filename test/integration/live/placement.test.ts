import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { liveObject } from "../../../src/live/deliver-message.ts";
import { faulty } from "../../support/faulty.ts";

it("live objects lie in the jurisdiction of the deployment, if it has one", () => {
  const asked: string[] = [];
  // workerd implements no jurisdictions.
  const LIVE = faulty(env.LIVE, {
    jurisdiction: (name: string) => {
      asked.push(name);
      return env.LIVE;
    },
  });
  for (const JURISDICTION of ["", "none", "eu"]) {
    liveObject({ LIVE, JURISDICTION, LOCATION: "" }, "a-job");
  }
  expect(asked).toEqual(["eu"]);
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
