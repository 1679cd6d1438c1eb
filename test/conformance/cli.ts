import { parseArgs } from "node:util";
import { commandLine } from "../../src/commands/command-line.ts";
import { compare } from "./compare.ts";
import type { Target } from "./receiver.ts";
import { comparison, line, reasons } from "./report.ts";
import { passes, run } from "./run.ts";
import { SCENARIOS } from "./scenarios.ts";

const USAGE = `npm run conformance -- --target URL --credentials user:password [options]

Plays Deepgram against any receiver of its callbacks and says which of its duties it fulfils, each with
what Deepgram's documentation says, in our words, and the page; or "captured" from the live service, or
"inferred".

  --target URL                  the callback URL
  --credentials user:password   valid for Basic Auth; may be repeated
  --secret VALUE                valid as callback_secret
  --read TEMPLATE               where a transcript is read, with {request_id} in it
  --read-header 'name: value'   sent with that; may be repeated
  --dg-token VALUE              sent as Deepgram sends it (default: invented)
  --only NAME                   this scenario alone; may be repeated
  --json                        the results as JSON
  --peers                       compares this Worker with the two receivers of test/peers

It stores about 280 invented transcripts there, of 45 MB together. The exit code is 0 when every
scenario passes. A receiver that answers before it keeps fails kept-before-2xx only when a read comes in
between: of 200 tries one is enough, but to pass is no proof.
`;

const values = commandLine(USAGE, () => {
  const { values } = parseArgs({
    options: {
      target: { type: "string" },
      credentials: { type: "string", multiple: true, default: [] },
      secret: { type: "string" },
      read: { type: "string" },
      "read-header": { type: "string", multiple: true, default: [] },
      "dg-token": { type: "string", default: "00000000-0000-4000-8000-000000000000" },
      only: { type: "string", multiple: true },
      json: { type: "boolean", default: false },
      peers: { type: "boolean", default: false },
    },
  });
  if (values.peers) return values;
  if (!values.target) throw new Error("--target is missing");
  if (values.credentials.length === 0) throw new Error("--credentials is missing");
  return values;
});
const chosen = SCENARIOS.filter(({ name }) => values.only?.includes(name) ?? true);

if (values.peers) await ours();
else await theirs(String(values.target));

async function theirs(url: string): Promise<void> {
  const target: Target = {
    url: new URL(url),
    credentials: values.credentials,
    secret: values.secret ?? null,
    dgToken: values["dg-token"],
    read: values.read ?? null,
    readHeaders: Object.fromEntries(
      values["read-header"].map((header) => {
        const [, name = "", value = ""] = /^([^:]+):\s*(.*)$/.exec(header) ?? [];
        return [name, value];
      }),
    ),
  };
  const results = await run(target, chosen, (result) => values.json || console.log(line(result)));
  if (values.json) {
    const reported = results.map(({ scenario: { run: _, ...scenario }, ...verdict }) => ({
      ...scenario,
      ...verdict,
    }));
    console.log(JSON.stringify(reported, null, 2));
  } else {
    const count = (wanted: string) => results.filter(({ verdict }) => verdict === wanted).length;
    const unchecked = count("unchecked");
    const rest = unchecked === 0 ? "" : `, ${unchecked} could not be checked`;
    console.log(`\n${count("pass")} of ${results.length} passed${rest}`);
  }
  process.exitCode = passes(results) && results.length > 0 ? 0 : 1;
}

async function ours(): Promise<void> {
  const columns = await compare(chosen);
  console.log(comparison(columns));
  for (const { name, results } of columns) console.log(`\n${name}\n${reasons(results)}`);
  process.exitCode = passes(columns[0]?.results ?? []) ? 0 : 1;
}
