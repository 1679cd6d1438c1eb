import { expect, it } from "vitest";
import { plan } from "../../src/follow-ups/plan.ts";

const names = (...parameters: Parameters<typeof plan>) => plan(...parameters).map(({ to }) => to);

it("plans nothing where nothing is asked for", () => {
  expect(plan("received", {}, { webhooks: [] })).toEqual([]);
});

it("plans what is configured and what the request asks for, each once", () => {
  const extra = { notify_webhook: "crm, archive,archive" };
  expect(names("received", extra, { webhooks: ["crm", "log"] })).toEqual(["crm", "log", "archive"]);
});

it.each(["received", "failed"] as const)("tells of %s", (state) => {
  expect(plan(state, {}, { webhooks: ["crm"] })).toEqual([
    { channel: "webhook", to: "crm", event: `transcript.${state}` },
  ]);
});

it.each([["a list"], "", " ,", "../x", "a b", "x".repeat(65), 7, null])(
  "passes over the directive %j",
  (notify_webhook) => {
    expect(plan("received", { notify_webhook }, { webhooks: [] })).toEqual([]);
  },
);
