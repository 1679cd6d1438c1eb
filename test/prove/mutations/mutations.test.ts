import { expect, it } from "vitest";
import { MUTATIONS } from "./all.ts";
import { judgeAll, mutantOf } from "./judge.ts";
import { type Mutation, mutated } from "./mutation.ts";
import { proofOf } from "./mutations.ts";

const EXPIRY: Mutation = {
  breaks: "a code ends",
  file: "src/auth/job.ts",
  from: " && jobEndsAt(job) > now",
  to: "",
  tests: ["test/jobs/job.test.ts"],
};

const HARMLESS: Mutation = {
  ...EXPIRY,
  from: "Makes a new job; its name",
  to: "A new job; its name",
};

it.each(MUTATIONS)("applies once: $file, $breaks", (mutation) => {
  expect(mutantOf(mutation)).toContain(mutation.to);
});

it("every mutation breaks something of its own", () => {
  const changes = MUTATIONS.map(({ file, from, to }) => [file, from, to].join("\n"));
  const names = MUTATIONS.map(({ file, breaks }) => `${file} ${breaks}`);
  expect(new Set(changes).size).toBe(MUTATIONS.length);
  expect(new Set(names).size).toBe(MUTATIONS.length);
});

it.each([
  ["nowhere", "const a = 1;", "stands 0 times"],
  ["twice", "f(x); f(x);", "stands 2 times"],
])("one that applies %s is an error", (_, source, message) => {
  const mutation = { ...EXPIRY, from: "f(x)", to: "f(y)" };
  expect(() => mutated(source, mutation)).toThrow(message);
});

it("one that leaves no TypeScript is an error", () => {
  expect(() => mutated("f(x);", { ...EXPIRY, from: "f(x)", to: "f(x" })).toThrow("unreadable");
});

it("tells a mutation that a test notices from one that none does", async () => {
  const [noticed, harmless] = await judgeAll([EXPIRY, HARMLESS], { lanes: 2 });
  expect(noticed?.killedBy?.file).toBe("test/jobs/job.test.ts");
  expect(harmless?.killedBy).toBeNull();
  const proof = proofOf([noticed, harmless].filter((one) => one !== undefined));
  expect(proof.holds).toBe(false);
  expect(proof.section).toContain("1 of 2 are killed");
});

const DAY_MS = 86_400_000;
const A_DAY = 2;

/** Others every day; all have had their turn after some months. */
function ofToday(): Mutation[] {
  const brief = MUTATIONS.filter(({ tests, survives }) => tests.length === 1 && !survives);
  const day = Math.floor(Date.now() / DAY_MS);
  return Array.from({ length: A_DAY }, (_, nth) => brief[(day * A_DAY + nth) % brief.length]!);
}

it("today's mutations are killed", { timeout: 300_000 }, async () => {
  // Without them the same tests are run beside this one.
  const judged = await judgeAll(ofToday(), { lanes: 2, isBaseRun: true });
  const survivors = judged.filter(({ killedBy }) => killedBy === null);
  expect(survivors.map(({ mutation: { file, breaks } }) => `${file}: ${breaks}`)).toEqual([]);
  expect(judged).toHaveLength(A_DAY);
});

it("does not take a file that cannot be loaded for a kill", async () => {
  const gone = { ...EXPIRY, from: 'from "../digest.ts"', to: 'from "../gone.ts"' };
  await expect(judgeAll([gone], { lanes: 1 })).rejects.toThrow("no verdict");
});

it("holds when what survives is explained", () => {
  const explained = { mutation: { ...HARMLESS, survives: "a comment" }, killedBy: null };
  expect(proofOf([explained]).holds).toBe(true);
  expect(proofOf([{ mutation: HARMLESS, killedBy: null }]).holds).toBe(false);
});
