import { callbacks } from "./callbacks/callbacks.ts";
import { captions } from "./captions/captions.ts";
import { cost } from "./cost/cost.ts";
import { growth } from "./growth/growth.ts";
import { pages } from "./pages/pages.ts";
import { profile } from "./profile/profile.ts";
import { reads } from "./reads/reads.ts";
import { size } from "./size/size.ts";
import { startup } from "./start/start.ts";

// npm run bench [-- NAME]: what is measured stands side by side in one run; without a name all that
// compares us with others. Times are shown, not judged; the exit code is not 0 only when something
// that must work does not.

type Bench = (parts: string[]) => Promise<void>;

const COMPARED: Record<string, Bench> = { callbacks, reads, start: startup, growth };
const BENCHES: Record<string, Bench> = { ...COMPARED, captions, size, pages, cost, profile };

const [name, ...parts] = process.argv.slice(2);
const benches = name === undefined ? Object.values(COMPARED) : [BENCHES[name]];
for (const bench of benches) {
  if (bench === undefined) {
    console.error(`usage: npm run bench [-- ${Object.keys(BENCHES).join("|")} [PART…]]`);
    process.exit(2);
  }
  await bench(parts);
}
process.exit();
