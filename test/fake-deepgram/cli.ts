import { parseArgs } from "node:util";
import { commandLine } from "../../src/commands/command-line.ts";
import { BEHAVIOUR_USAGE } from "./behaviours.ts";
import { startFakeDeepgram } from "./fake-deepgram.ts";
import { eventLine } from "./print-event.ts";
import type { FakeDeepgramOptions } from "./settings.ts";

const DEFAULT_PORT = 8790;

const USAGE = `A simulated Deepgram for local work: takes audio at /v1/listen, makes the callback.

  node test/fake-deepgram/cli.ts [flags]

  --port N                  port on 127.0.0.1 (${DEFAULT_PORT})
  --delay SECONDS           how long a transcription takes (1)
  --retry-interval SECONDS  wait between attempts (30)
  --retries N               attempts after the first (10)
  --seed N                  transcripts depend on it (1)
  --key KEY                 the only API key accepted (any)
  --dg-token TOKEN          send a dg-token header (none)
  --strict-ports            only the ports Deepgram allows, on this machine too
  --callback-string         management answers show the callback as a string
  --fake LIST               behaviours of every job
  --help

Behaviours, separated by commas; also as fake=LIST in the query of one submission, or for the next
jobs by POST /_control {"fake":"LIST","jobs":N}. GET /_control lists the jobs.

  ${BEHAVIOUR_USAGE.join("\n  ")}

  curl -H 'Authorization: Token any' --data-binary @call.wav \\
    'http://127.0.0.1:${DEFAULT_PORT}/v1/listen?utterances=true&callback=http://deepgram:local-callback-password@127.0.0.1:8787/hook'
`;

const flags = () =>
  parseArgs({
    options: {
      port: { type: "string", default: String(DEFAULT_PORT) },
      delay: { type: "string", default: "1" },
      "retry-interval": { type: "string", default: "30" },
      retries: { type: "string", default: "10" },
      seed: { type: "string", default: "1" },
      key: { type: "string" },
      "dg-token": { type: "string" },
      "strict-ports": { type: "boolean", default: false },
      "callback-string": { type: "boolean", default: false },
      fake: { type: "string", default: "" },
    },
  }).values;

const number = (name: string, text: string): number => {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0)) throw new RangeError(`--${name} needs a number`);
  return value;
};

const print = (line: string): void => {
  process.stdout.write(`${new Date().toISOString().slice(11, 23)}  ${line}\n`);
};

const optionsOf = (given: ReturnType<typeof flags>): FakeDeepgramOptions => ({
  port: number("port", given.port),
  delayMs: number("delay", given.delay) * 1000,
  retryIntervalMs: number("retry-interval", given["retry-interval"]) * 1000,
  retries: number("retries", given.retries),
  seed: number("seed", given.seed),
  key: given.key ?? null,
  dgToken: given["dg-token"] ?? null,
  anyLoopbackPort: !given["strict-ports"],
  callbackShape: given["callback-string"] ? "string" : "object",
  fake: given.fake,
  onEvent: (event) => print(eventLine(event)),
});

const options = commandLine(USAGE, () => optionsOf(flags()));

const main = async (): Promise<void> => {
  const fake = await startFakeDeepgram(options);
  print(`fake Deepgram on ${fake.url}`);
  const stop = (): void => void fake.close();
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
};

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
