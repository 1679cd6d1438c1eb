import { describe, expect, it } from "vitest";
import { readConfig } from "../../../src/config/config.ts";
import { allowsRecipient, recipients } from "../../../src/config/recipients.ts";

const read = (value: string) => {
  const problems: string[] = [];
  const read = recipients(value, (name, problem) => problems.push(`${name}: ${problem}`));
  return { problems, read };
};

const allows = (value: string, to: string) =>
  allowsRecipient(read(value).read, { channel: to.startsWith("+") ? "sms" : "email", to });

describe("RECIPIENTS", () => {
  it.each(["", " ", undefined])("that is %j allows nobody", (RECIPIENTS) => {
    const { recipients } = readConfig(RECIPIENTS === undefined ? {} : { RECIPIENTS });
    for (const to of ["a@example.com", "a@localhost", "@", ""]) {
      expect(allowsRecipient(recipients, { channel: "email", to })).toBe(false);
    }
    expect(allowsRecipient(recipients, { channel: "sms", to: "+15551234567" })).toBe(false);
  });

  it.each([
    ["example.com", "dana@example.com", true],
    ["EXAMPLE.com", "dana@Example.COM", true],
    ["example.com", "dana@evil-example.com", false],
    ["example.com", "dana@mail.example.com", false],
    ["example.com", "dana@example.com.evil.net", false],
    ["example.com", "example.com@evil.net", false],
    ["example.com", "a@example.com@evil.net", false],
    ["mail.example.com", "dana@example.com", false],
    ["münchen.example", "dana@xn--mnchen-3ya.example", true],
    ["xn--mnchen-3ya.example", "dana@MÜNCHEN.example", true],
    ["example.com", "dana@еxample.com", false],
    ["dana@example.com", "Dana@EXAMPLE.com", true],
    ["dana@example.com", "erin@example.com", false],
    ["dana@example.com", "xdana@example.com", false],
    ["erin@example.org example.com", "dana@example.com", true],
    ["+4420", "+442071234567", true],
    ["+4420", "+447712345678", false],
    ["+1", "+442071234567", false],
    ["+15551234567", "+15551234567", true],
    ["+1", "dana@example.com", false],
    ["example.com", "+15551234567", false],
    ["*", "anyone@example.net", true],
    ["*", "+88216123456", true],
  ])("%s allows %s: %s", (value, to, isAllowed) => {
    expect(allows(value, to)).toBe(isAllowed);
  });

  it.each([
    "com",
    "example.com.",
    "@example.com",
    "*.example.com",
    "https://example.com",
    "example.com/path",
    "example.com:25",
    "user@host",
    "127.0.0.1",
    "15551234567",
    "+0",
    "+1-555",
    "**",
  ])("reports %s, which allows nobody, and keeps the others", (entry) => {
    const { problems, read: parsed } = read(`${entry} example.org`);
    expect(problems).toEqual([expect.stringContaining(`RECIPIENTS: ${JSON.stringify(entry)}`)]);
    expect(parsed).toMatchObject({ anyone: false, domains: new Set(["example.org"]) });
    expect([...parsed.addresses, ...parsed.phonePrefixes]).toEqual([]);
  });
});

it.each([
  ["", { maxTranslations: 5, dailyMessages: 1_000 }, []],
  ["0", { maxTranslations: 0, dailyMessages: 0 }, []],
  ["7", { maxTranslations: 7, dailyMessages: 7 }, []],
  [
    "many",
    { maxTranslations: 5, dailyMessages: 1_000 },
    [{ name: "MAX_TRANSLATIONS" }, { name: "DAILY_MESSAGES" }],
  ],
])("limits of %j are read as numbers", (value, limits, problems) => {
  const config = readConfig({ MAX_TRANSLATIONS: value, DAILY_MESSAGES: value });
  expect(config).toMatchObject(limits);
  const about = config.problems.filter(({ name }) => /^(MAX_TRA|DAILY)/.test(name));
  expect(about).toMatchObject(problems);
});
