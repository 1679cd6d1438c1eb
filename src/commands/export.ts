import { parseArgs } from "node:util";
import { apiOf } from "./export/api.ts";
import { exportAll } from "./export/export.ts";

// Fetches everything that a Worker stores into a folder; run again, it resumes where it was
// interrupted. The token has scopes read and admin and stands in EXPORT_TOKEN, since other users of the
// machine see the command line. Exits 1 when something could not be had, 2 when it cannot begin.

const USAGE = "EXPORT_TOKEN=TOKEN npm run export -- URL FOLDER";

const { positionals } = parseArgs({ allowPositionals: true });
const [address = "", folder = ""] = positionals;
const url = URL.parse(address);
const token = process.env.EXPORT_TOKEN ?? "";
if (url === null || !/^https?:$/.test(url.protocol) || folder === "" || token === "") {
  console.error(USAGE);
  process.exit(2);
}

try {
  const { counts, before, missing } = await exportAll(apiOf(url, token), folder);
  for (const [kind, count] of Object.entries(counts)) console.log(`${count} × ${kind}`);
  console.log(`${before} of them were there before; ${missing.length} could not be had`);
  for (const one of missing) console.error(one);
  process.exitCode = missing.length === 0 ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
