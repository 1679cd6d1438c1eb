import { createHmac } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type BenchWorker,
  bundle,
  PASSWORD,
  READ_TOKEN,
  startFloor,
  startOurs,
  USER,
} from "../../../bench/worker.ts";
import type { Part, Proof } from "../part.ts";
import { measure, type Present } from "./measure.ts";
import { CONFIDENCE, type Difference, judge, type Verdict } from "./statistics.ts";

const ROUNDS = 6_000;
const CALLBACK_SECRET = "bench-callback-secret";
const ID = "01990000-0000-7000-8000-000000000000";

const SIGNING_KEY = "bench-signing-key-0123456789abcdef0";
// As src/auth/job-credentials.ts makes them: a name that tells its end (far off, here), and its HMAC.
const JOB = "x-0123456789abcdef0123-zzzzzz";
const JOB_CODE = createHmac("sha256", SIGNING_KEY).update(`callback ${JOB}`).digest("hex");

type Row = { what: string; verdict: Verdict };

type Subject = {
  what: string;
  secret: string;
  present: Present;
  start: (script: string) => Promise<BenchWorker>;
};

const callback = (headers: object, extra: object): ReturnType<Present> => ({
  method: "POST",
  path: "/hook",
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify({ metadata: { request_id: ID, extra }, results: { channels: [] } }),
});

const withPassword: Present = (password) =>
  callback({ authorization: `Basic ${btoa(`${USER}:${password}`)}` }, {});

const SUBJECTS: readonly Subject[] = [
  { what: "password", secret: PASSWORD, present: withPassword, start: startOurs },
  {
    what: "`callback_secret`",
    secret: CALLBACK_SECRET,
    present: (secret) => callback({}, { callback_secret: secret }),
    start: (script) => startOurs(script, { bindings: { CALLBACK_SECRETS: CALLBACK_SECRET } }),
  },
  {
    what: "API token",
    secret: READ_TOKEN,
    present: (token) => ({
      method: "GET",
      path: `/v1/transcripts/${ID}`,
      headers: { authorization: `Bearer ${token}` },
      body: "",
    }),
    start: startOurs,
  },
  {
    what: "password of a job's `/hook/{job}`",
    secret: JOB_CODE,
    present: (code) => ({
      ...callback({ authorization: `Basic ${btoa(`${JOB}:${code}`)}` }, {}),
      path: `/hook/${JOB}`,
    }),
    start: (script) => startOurs(script, { bindings: { SIGNING_KEYS: SIGNING_KEY } }),
  },
];

const CONTROL: Subject = {
  what: "password, compared byte for byte",
  secret: PASSWORD,
  present: withPassword,
  start: () => startFloor("early-exit"),
};

/** Whether the time of a refusal tells how much of a secret was right. */
export const timing: Part = {
  name: "timing",
  prove: async () => {
    const { ours, control } = await measureAll(ROUNDS);
    return proofOf(ours, control);
  },
};

/**
 * Measures every secret of ours, and the control. Rejects when a right one is refused, or a wrong one
 * is not.
 */
export async function measureAll(rounds: number): Promise<{ ours: Row[]; control: Row }> {
  const folder = mkdtempSync(join(tmpdir(), "timing-"));
  try {
    const script = bundle(folder);
    const ours: Row[] = [];
    for (const subject of SUBJECTS) ours.push(await rowOf(subject, script, rounds));
    return { ours, control: await rowOf(CONTROL, script, rounds) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function rowOf(
  { what, secret, present, start }: Subject,
  script: string,
  rounds: number,
): Promise<Row> {
  const worker = await start(script);
  try {
    return { what, verdict: judge(await measure(worker.url, present, secret, rounds)) };
  } finally {
    await worker.stop();
  }
}

/** Holds when no difference is seen in ours, and the one that is there in `control` is. */
export function proofOf(ours: readonly Row[], control: Row): Proof {
  const isSensitive = control.verdict.isSeen && control.verdict.effect.ms > 0;
  const rows = [...ours, control].map(({ what, verdict }) => {
    const { median, effect, noise, isSeen } = verdict;
    const medians = [median.first, median.again, median.last].map(inUs);
    return [what, ...medians, difference(noise), difference(effect), isSeen ? "**yes**" : "no"];
  });
  const head = ["secret", "first", "first, again", "last", "noise", "last − first", "seen"];
  const section = [
    "## Timing of verification",
    `How long a secret is in being refused when its first byte is wrong, and when only its last one is: ${ROUNDS} requests of each kind in turn over one connection to the Worker on Miniflare, medians in microseconds. "Noise" is the difference between two groups of the same request; in brackets the ${CONFIDENCE * 100} % interval of a bootstrap over the rounds. A difference counts as seen when zero is outside its interval. The last row is a control, \`test/bench/workers/early-exit.ts\`: it stops at the first wrong byte, each right one costing it a little work more, ${inUs(control.verdict.effect.ms / (PASSWORD.length - 1))} µs a byte as measured, and must be seen.`,
    [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n"),
    "A comparison that stops early in machine code differs by nanoseconds, which this cannot show: that none is made follows from `src/auth/verify.ts`, which compares SHA-256 digests by `timingSafeEqual`. What this shows is that nothing around it tells more.",
    ...(isSensitive ? [] : ["**The control was not seen: this run shows nothing.**"]),
  ].join("\n\n");
  return { section, holds: isSensitive && ours.every(({ verdict }) => !verdict.isSeen) };
}

const inUs = (ms: number) => (ms * 1_000).toFixed(1);

const difference = ({ ms, low, high }: Difference) => `${inUs(ms)} (${inUs(low)} to ${inUs(high)})`;
