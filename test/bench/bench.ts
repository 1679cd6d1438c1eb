import { callbacks } from "./callbacks/callbacks.ts";
import { captions } from "./captions/captions.ts";
import { cost } from "./cost/cost.ts";
import { growth } from "./growth/growth.ts";
import { pages } from "./pages/pages.ts";
import { reads } from "./reads/reads.ts";
import { size } from "./size/size.ts";
import { startup } from "./start/start.ts";

// npm run bench -- NAME: what is measured stands side by side in one run. Times are shown, not judged;
// the exit code is not 0 only when something that must work does not.

const BENCHES: Record<string, (parts: string[]) => Promise<void>> = {
  callbacks,
  captions,
  size,
  pages,
  cost,
  reads,
  start: startup,
  growth,
};

const [name = "", ...parts] = process.argv.slice(2);
const bench = BENCHES[name];
if (bench === undefined) {
  console.error(`usage: npm run bench -- ${Object.keys(BENCHES).join("|")} [PART…]`);
  process.exit(2);
}
await bench(parts);
process.exit();
