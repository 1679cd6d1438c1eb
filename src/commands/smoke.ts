import { parseArgs } from "node:util";
import { printFindings } from "./smoke/print-findings.ts";
import { smoke } from "./smoke/smoke.ts";

// Tries a deployed Worker: delivers an invented transcript as Deepgram would, reads it back and
// deletes it. Exits 0 when all is well, 1 when something is not, 2 when it cannot begin. What stands
// on the command line is seen by other users of the machine: SMOKE_CREDENTIALS and SMOKE_TOKEN do too.

const USAGE = `npm run smoke -- URL --credentials user:password --token TOKEN [--wait SECONDS]
The credentials are those of the callback; the token has scope read, with submit PUBLIC_URL is
looked at, with admin the transcript is deleted again.`;

type Options = Parameters<typeof smoke>[0];

function options(): Options | string {
  const { SMOKE_CREDENTIALS, SMOKE_TOKEN } = process.env;
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      credentials: { type: "string" },
      token: { type: "string" },
      wait: { type: "string", default: "0" },
    },
  });
  const [address = ""] = positionals;
  const url = URL.parse(address);
  const { credentials = SMOKE_CREDENTIALS, token = SMOKE_TOKEN } = values;
  const waitMs = Number(values.wait) * 1_000;
  if (url === null || !/^https?:$/.test(url.protocol)) return `${address || "URL"}: not an address`;
  if (!credentials?.includes(":")) return "--credentials is not user:password";
  if (!token) return "--token is missing";
  if (!(waitMs >= 0)) return "--wait is not a number of seconds";
  return { url, credentials, token, waitMs, version: null };
}

try {
  const wanted = options();
  if (typeof wanted === "string") throw new Error(wanted);
  console.log(wanted.url.origin);
  process.exitCode = (await printFindings(smoke(wanted))) ? 0 : 1;
} catch (error) {
  console.error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
  process.exitCode = 2;
}
