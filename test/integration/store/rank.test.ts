import { describe, expect, it } from "vitest";
import { compare, conflictsAmong, type Ranked } from "../../../src/store/rank.ts";

let digests = 0;

const body = (given: Partial<Ranked> = {}): Ranked => ({
  state: "received",
  sha256: String(digests++),
  stream: null,
  ...given,
});

const document = (messages: number, given = {}) =>
  body({ stream: { owner: "a", startedAt: 1, messages, ...given } });

const failure = () => body({ state: "failed" });

describe("an incoming body", () => {
  it.each([
    ["a transcript supersedes a failure", failure(), body(), "supersedes"],
    ["a stream's document supersedes a failure", failure(), document(1), "supersedes"],
    ["a failure does not supersede a transcript", body(), failure(), "other"],
    ["another transcript does not supersede the first", body(), body(), "other"],
    ["another failure does not supersede the first", failure(), failure(), "other"],
    ["a document of more messages supersedes", document(3), document(4), "supersedes"],
    ["a document of fewer messages is outdated", document(4), document(3), "outdated"],
    ["a document of as many messages is outdated", document(4), document(4), "outdated"],
    ["a document of another owner is another", document(3), document(4, { owner: "b" }), "other"],
    [
      "a document of a later stream is another",
      document(3),
      document(4, { startedAt: 2 }),
      "other",
    ],
    ["a document beside a whole transcript is another", body(), document(9), "other"],
    ["a whole transcript beside a document is another", document(9), body(), "other"],
  ] as const)("%s", (_, current, incoming, rank) => {
    expect(compare(current, incoming)).toBe(rank);
  });

  it("is the same when its bytes are", () => {
    const current = document(3);
    expect(compare(current, { ...current, stream: null })).toBe("same");
  });
});

describe("a version", () => {
  it("is a conflict when it says something else", () => {
    const versions = [body(), failure(), document(4)];
    expect(conflictsAmong(body(), versions)).toEqual(versions);
    expect(conflictsAmong(document(3), versions)).toEqual(versions);
  });

  it("is none when it is a copy of the current body, or an earlier document of its stream", () => {
    const current = document(4);
    expect(conflictsAmong(current, [{ ...current }, document(3)])).toEqual([]);
  });

  it("is none when another version is a later document of its stream", () => {
    const later = document(4);
    expect(conflictsAmong(body(), [document(3), later])).toEqual([later]);
  });
});
