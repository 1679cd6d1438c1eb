import { describe, expect, inject, it } from "vitest";
import { MUTATIONS } from "./all.ts";
import { faultsOf } from "./check.ts";
import { judgeAll } from "./judge.ts";
import { type Mutation, mutated } from "./mutation.ts";
import { proofOf } from "./mutations.ts";

const FILE = "test/proof/prove/mutations/fixture/double.ts";

const NOTICED: Mutation = {
  breaks: "a number is doubled",
  file: FILE,
  from: "value * two",
  to: "value + two",
  tests: ["test/proof/prove/mutations/fixture/double.test.ts"],
};

const HARMLESS: Mutation = { ...NOTICED, from: "Twice a number.", to: "A number twice." };

it.each([
  ["nowhere", "const a = 1;", "stands 0 times"],
  ["twice", "f(x); f(x);", "stands 2 times"],
])("one that applies %s is an error", (_, source, message) => {
  const mutation = { ...NOTICED, from: "f(x)", to: "f(y)" };
  expect(() => mutated(source, mutation)).toThrow(message);
});

it("one that leaves no TypeScript is an error", () => {
  expect(() => mutated("f(x);", { ...NOTICED, from: "f(x)", to: "f(x" })).toThrow("unreadable");
});

it("every one that cannot be judged is named before any is", () => {
  const gone = { ...HARMLESS, breaks: "no such text", from: "nowhere" };
  expect(faultsOf([NOTICED, HARMLESS])).toEqual([
    `${FILE}, "a number is doubled": another one has this name`,
  ]);
  expect(faultsOf([NOTICED, { ...NOTICED, breaks: "again" }, gone])).toEqual([
    `${FILE}, "again": another one makes the same change`,
    expect.stringContaining('"no such text" does not apply'),
  ]);
});

it("holds when what survives is explained", () => {
  const explained = { mutation: { ...HARMLESS, survives: "a comment" }, killedBy: null };
  expect(proofOf([explained]).holds).toBe(true);
  expect(proofOf([{ mutation: HARMLESS, killedBy: null }]).holds).toBe(false);
});

// Judging starts a Vitest of its own for each mutation, and the list follows the text of `src`.
describe.runIf(inject("isFull"))("judged", () => {
  it("every mutation of the list applies once, and breaks something of its own", () => {
    expect(faultsOf(MUTATIONS)).toEqual([]);
  });

  it("tells a mutation that a test notices from one that none does", async () => {
    const [noticed, harmless] = await judgeAll([NOTICED, HARMLESS], { lanes: 2 });
    expect(noticed?.killedBy?.file).toBe("test/proof/prove/mutations/fixture/double.test.ts");
    expect(harmless?.killedBy).toBeNull();
    const proof = proofOf([noticed, harmless].filter((one) => one !== undefined));
    expect(proof.holds).toBe(false);
    expect(proof.section).toContain("1 of 2 are killed");
  });

  it("does not take a file that cannot be loaded for a kill", async () => {
    const gone = { ...NOTICED, from: "./two.ts", to: "./gone.ts" };
    await expect(judgeAll([gone], { lanes: 1 })).rejects.toThrow("no verdict");
  });
});
