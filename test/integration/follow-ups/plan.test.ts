import { describe, expect, it } from "vitest";
import { effectName } from "../../../src/config/follow-ups.ts";
import { plan } from "../../../src/follow-ups/plan.ts";

const NOTHING = { translate: [], notify: [] };

const names = (...parameters: Parameters<typeof plan>) =>
  plan(...parameters).effects.map(effectName);

it("plans nothing where nothing is asked for", () => {
  expect(plan("transcript", { customer: "42" }, NOTHING)).toEqual({ effects: [], problems: [] });
});

it("plans what is configured and what the request asks for, each once", () => {
  const extra = {
    translate: "fr, es",
    notify_webhook: "crm, archive,archive",
    notify_email: "a@example.com",
    notify_sms: "+15551234567",
  };
  const configured = {
    translate: ["es"],
    notify: [
      { channel: "webhook", to: "crm" },
      { channel: "email", to: "b@example.com" },
    ] as const,
  };
  expect(names("transcript", extra, { ...configured, notify: [...configured.notify] })).toEqual([
    "translate:es",
    "translate:fr",
    "webhook:crm:transcript.received",
    "email:b@example.com:transcript.received",
    "webhook:archive:transcript.received",
    "email:a@example.com:transcript.received",
    "sms:+15551234567:transcript.received",
  ]);
});

describe("a request that asks for no follow-ups of those that are configured", () => {
  const configured = {
    translate: ["es"],
    notify: [{ channel: "email", to: "b@example.com" } as const],
  };

  it.each(["transcript", "text", null] as const)("gets none when it is %s", (kind) => {
    const asking = plan(kind, { follow_ups: "none" }, configured);
    expect(asking).toEqual({ effects: [], problems: [] });
  });

  it("gets what it asks for itself", () => {
    const extra = { follow_ups: "none", translate: "fr", notify_webhook: "crm" };
    expect(names("transcript", extra, configured)).toEqual([
      "translate:fr",
      "webhook:crm:transcript.received",
    ]);
  });

  it.each(["None", "", "all", null, ["none"]])("says none, and no other word: %j", (follow_ups) => {
    const { effects, problems } = plan("transcript", { follow_ups }, configured);
    expect(effects.map(effectName)).toEqual([
      "translate:es",
      "email:b@example.com:transcript.received",
    ]);
    expect(problems).toEqual(["extra.follow_ups is not none"]);
  });
});

it.each([
  ["transcript", "received"],
  ["text", "received"],
  [null, "failed"],
] as const)("notifies of kind %s that it is %s", (kind, state) => {
  const notify = [{ channel: "webhook", to: "crm" } as const];
  expect(plan(kind, {}, { translate: [], notify }).effects).toEqual([
    { channel: "webhook", to: "crm", event: `transcript.${state}` },
  ]);
});

it("does not translate what failed, and that is no problem", () => {
  expect(plan(null, { translate: "es" }, NOTHING)).toEqual({ effects: [], problems: [] });
});

it("does not translate a text, and says so where the request asked for it", () => {
  const configured = { translate: ["de"], notify: [] };
  expect(plan("text", {}, configured)).toEqual({ effects: [], problems: [] });
  expect(plan("text", { translate: "es" }, configured)).toEqual({
    effects: [],
    problems: ["extra.translate: text intelligence is not translated"],
  });
});

it("keeps that a notification waits for the translations", () => {
  const notify = [{ channel: "webhook", to: "crm", when: "complete" } as const];
  expect(plan("transcript", {}, { translate: [], notify }).effects).toMatchObject([
    { when: "complete" },
  ]);
});

it.each(["ES", "es", "eS"])("knows a language by one name: %s", (translate) => {
  expect(names("transcript", { translate: `${translate},pt-br,PT-BR` }, NOTHING)).toEqual([
    "translate:es",
    "translate:pt-BR",
  ]);
});

describe("a directive that is wrong", () => {
  it.each([
    ["notify_webhook", "../x"],
    ["notify_webhook", "a b"],
    ["notify_webhook", "x".repeat(65)],
    ["notify_email", "not an address"],
    ["notify_email", "a@example.com\r\nBcc: b@example.com"],
    ["notify_email", '"a/b"@example.com'],
    ["notify_sms", "5551234567"],
    ["notify_sms", "+1 555"],
    ["translate", "spanish please"],
    ["translate", "e"],
    ["translate", "../es"],
  ])("is reported, and the rest still runs: %s=%j", (name, value) => {
    const extra = { notify_webhook: "crm", notify_sms: "+15551234567", [name]: `${value},` };
    const { effects, problems } = plan("transcript", extra, NOTHING);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`extra.${name}`);
    expect(effects.length).toBeGreaterThan(0);
  });

  it.each([7, null, ["crm"], { a: 1 }])("of another type is reported: %j", (notify_webhook) => {
    expect(plan("transcript", { notify_webhook }, NOTHING)).toEqual({
      effects: [],
      problems: ["extra.notify_webhook is not a comma-separated list"],
    });
  });

  it("of an unknown kind is reported, other extra is not", () => {
    expect(plan("transcript", { notify_fax: "1", notifyer: "x", other: "y" }, NOTHING)).toEqual({
      effects: [],
      problems: ["extra.notify_fax is not a directive"],
    });
  });

  it("is shown only in part when it is long", () => {
    const { problems } = plan("transcript", { notify_webhook: "!".repeat(2_000) }, NOTHING);
    expect(problems[0]?.length).toBeLessThan(200);
  });

  it("asks for a bounded number, and says that the rest is passed over", () => {
    const translate = Array.from(
      { length: 26 },
      (_, i) => `a${String.fromCharCode(97 + i)}`,
    ).join();
    const { effects, problems } = plan("transcript", { translate }, NOTHING);
    expect(effects).toHaveLength(20);
    expect(problems).toEqual(["extra.translate asks for more than 20: the rest is passed over"]);
  });

  it.each(["", " ,", ","])("that is empty is none: %j", (notify_webhook) => {
    expect(plan("transcript", { notify_webhook }, NOTHING).problems).toEqual([]);
  });
});
