import { describe, expect, it } from "vitest";
import { findSecret } from "../../../src/auth/verify.ts";
import { fc } from "../../support/fast-check.ts";

const find = (presented: string, secrets: string[]) =>
  findSecret(presented, secrets, (secret) => secret);

const LONG = "x".repeat(300);

describe("a secret is found", () => {
  it("only by itself, whatever secrets there are", () => {
    const text = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("", "\0", LONG));
    const texts = fc.uniqueArray(text, { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(texts, text, (secrets, presented) => {
        expect(find(presented, secrets)).toBe(secrets.indexOf(presented));
        expect(find(secrets.at(-1) ?? "", secrets)).toBe(secrets.length - 1);
      }),
    );
  });

  it.each([
    ["its beginning", "first", "first-secret"],
    ["more than it", "first-secret-and-more", "first-secret"],
    ["it and a zero byte, with which shorter ones are filled", "first-secret\0", "first-secret"],
    ["it without its last zero byte", "first-secret", "first-secret\0"],
    ["the beginning of the longest one", LONG.slice(1), LONG],
    ["more than the longest one", `${LONG}x`, LONG],
    ["more than is compared of a short one", LONG, "x".repeat(252)],
  ])("not by %s", (_, presented, secret) => {
    expect(find(presented, [secret])).toBe(-1);
    expect(find(secret, [secret])).toBe(0);
  });

  it("in no list that is empty", () => {
    expect(find("", [])).toBe(-1);
  });
});
