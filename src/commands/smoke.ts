import { parseArgs } from "node:util";
import { commandLine, printFindings } from "./command-line.ts";
import { smoke } from "./smoke/smoke.ts";

const USAGE = `
npm run smoke -- URL --credentials user:password --token TOKEN [--wait SECONDS]

Tries a running Worker: delivers invented transcripts as Deepgram would, reads them back and deletes
them. The credentials are those of the callback; the token has scope read, with submit PUBLIC_URL is
looked at, with admin what was delivered is deleted. SMOKE_CREDENTIALS and SMOKE_TOKEN in the environment
do too: other users of the machine see the command line. --wait is how long the Worker may take to
answer. Exits with 0 when all is well, 1 when something is not, 2 when it cannot begin.`;

const options = commandLine(USAGE, () => {
  const { SMOKE_CREDENTIALS, SMOKE_TOKEN } = process.env;
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      credentials: { type: "string" },
      token: { type: "string" },
      wait: { type: "string", default: "0" },
    },
  });
  const [address = "", surplus] = positionals;
  const url = URL.parse(address);
  const { credentials = SMOKE_CREDENTIALS, token = SMOKE_TOKEN } = values;
  const waitMs = Number(values.wait) * 1_000;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new Error(`${address || "URL"}: not an address`);
  }
  if (surplus !== undefined) throw new Error(`Unexpected argument: ${surplus}`);
  if (!credentials?.includes(":")) throw new Error("--credentials is not user:password");
  if (!token) throw new Error("--token is missing");
  if (!(waitMs >= 0)) throw new Error("--wait is not a number of seconds");
  return { url, credentials, token, waitMs, version: null };
});
console.log(options.url.origin);
process.exitCode = (await printFindings(smoke(options))) ? 0 : 1;
