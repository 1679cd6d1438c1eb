import { parseArgs } from "node:util";
import { commandLine } from "./command-line.ts";
import { apiOf, exportAll } from "./export/export.ts";

const USAGE = `
EXPORT_TOKEN=TOKEN npm run export -- URL FOLDER

Fetches everything that the Worker at URL keeps into FOLDER; run again, it continues where it stopped.
The token has the scopes read and admin. It is in the environment, since other users of the machine see
the command line. Exits with 1 when something could not be fetched, with 2 when it cannot begin.`;

const { url, folder, token } = commandLine(USAGE, () => {
  const { positionals } = parseArgs({ allowPositionals: true });
  const [address = "", folder = "", surplus] = positionals;
  const url = URL.parse(address);
  const token = process.env.EXPORT_TOKEN ?? "";
  if (url === null || !/^https?:$/.test(url.protocol)) throw new Error("URL is not an address");
  if (folder === "") throw new Error("FOLDER is missing");
  if (surplus !== undefined) throw new Error(`Unexpected argument: ${surplus}`);
  if (token === "") throw new Error("EXPORT_TOKEN is not set");
  return { url, folder, token };
});

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
