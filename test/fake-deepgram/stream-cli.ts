import { parseArgs } from "node:util";
import { streamToCallback } from "./stream.ts";
import { streamScript } from "./stream-script.ts";

const USAGE = `Streams a made-up conversation to a callback as Deepgram does with streaming audio.

  node test/fake-deepgram/stream-cli.ts --callback URL [flags]

  --callback URL      http, https: a POST for each message; ws, wss: one WebSocket
  --speed N           seconds of audio a second (1)
  --turns N           how many times somebody speaks (20)
  --channels N        (1)
  --seed N            the conversation, and the disorder, depend on it (1)
  --lose SHARE        of the messages, 0 to 1 (0)
  --duplicate SHARE   (0)
  --reorder SHARE     go out up to 5 s of audio later (0)
  --marks             also messages without an id (always on a WebSocket)

  node test/fake-deepgram/stream-cli.ts --callback ws://deepgram:local-callback-password@127.0.0.1:8787/hook
`;

const { values } = parseArgs({
  options: {
    callback: { type: "string" },
    speed: { type: "string", default: "1" },
    turns: { type: "string", default: "20" },
    channels: { type: "string", default: "1" },
    seed: { type: "string", default: "1" },
    lose: { type: "string", default: "0" },
    duplicate: { type: "string", default: "0" },
    reorder: { type: "string", default: "0" },
    marks: { type: "boolean", default: false },
  },
});

const { callback } = values;
if (callback === undefined) {
  process.stdout.write(USAGE);
} else {
  const seed = Number(values.seed);
  const script = streamScript({
    seed,
    requestId: crypto.randomUUID(),
    turns: Number(values.turns),
    channels: Number(values.channels),
    marks: values.marks || callback.startsWith("ws"),
  });
  process.stdout.write(`request_id ${script.requestId}, ${script.messages.length} messages\n`);
  const report = await streamToCallback({
    script,
    callback,
    seed,
    speed: Number(values.speed),
    lose: Number(values.lose),
    duplicate: Number(values.duplicate),
    reorder: Number(values.reorder),
  });
  process.stdout.write(`${JSON.stringify(report)}\n`);
  if (report.accepted < report.sent) process.exitCode = 1;
}
