import { parseArgs } from "node:util";
import { commandLine } from "../../src/commands/command-line.ts";

type Bench = (parts: string[]) => Promise<void>;

/** Loaded when asked for. */
const BENCHES: Record<string, () => Promise<Bench>> = {
  callbacks: async () => (await import("./callbacks/callbacks.ts")).callbacks,
  reads: async () => (await import("./reads/reads.ts")).reads,
  start: async () => (await import("./start/start.ts")).startup,
  growth: async () => (await import("./growth/growth.ts")).growth,
  captions: async () => (await import("./captions/captions.ts")).captions,
  size: async () => (await import("./size/size.ts")).size,
  pages: async () => (await import("./pages/pages.ts")).pages,
  cost: async () => (await import("./cost/cost.ts")).cost,
  profile: async () => (await import("./profile/profile.ts")).profile,
};
const COMPARED = ["callbacks", "reads", "start", "growth"];

const USAGE = `
npm run bench [-- ${Object.keys(BENCHES).join("|")} [PART…]]
npm run bench -- growth [--full [--most N]] [TIMES]
npm run bench -- growth rebuild [N]|hits [TIMES]|footprint

--full: up to 1,000,000 transcripts of ten minutes, or up to N. rebuild: of 20,000, or of N.
What is measured stands side by side in one run; without a name, all that compares us with others. Times
are shown, not judged: the exit code is not 0 only when something that must work does not.`;

const { names, parts } = commandLine(USAGE, () => {
  const { positionals, values } = parseArgs({
    options: { full: { type: "boolean" }, most: { type: "string" } },
    allowPositionals: true,
  });
  const [name, ...parts] = positionals;
  if (values.most !== undefined && !/^[1-9]\d*$/.test(values.most)) {
    throw new Error("--most takes a number of transcripts");
  }
  if (values.full) parts.push("--full", values.most ?? "1000000");
  if (values.full && name !== "growth") throw new Error("--full is of growth");
  if (name !== undefined && !(name in BENCHES)) throw new Error(`No such benchmark: ${name}`);
  return { names: name === undefined ? COMPARED : [name], parts };
});
for (const name of names) await (await BENCHES[name]?.())?.(parts);
process.exit();
