import type { Part, Proof } from "../part.ts";
import { type KillReport, killAgain } from "./play.ts";

const LONG = { kills: 15, seed: 20_261_124, tellWithinMs: 300_000, awaitsLeases: true };

/** The messages of a batch, of which the local queue has one under way. */
export const UNDER_WAY_AT_A_KILL = 10;

/** `wrangler dev` killed again and again under load. */
export const kill: Part = {
  name: "kill",
  prove: async () => proofOf(await killAgain(LONG)),
};

type Row = [what: string, found: string | number];

/**
 * Holds when kills met callbacks, nothing acknowledged is lost, everybody is notified of it, and once but
 * for what was under way at a kill.
 */
export function proofOf(report: KillReport): Proof {
  const { lost, notified, dropped, ackMs } = report;
  const at = (part: number) => `${ackMs[Math.floor(ackMs.length * part)]?.toFixed(0)} ms`;
  const rows: Row[] = [
    ["kills", report.kills],
    ["jobs submitted meanwhile", report.jobs],
    ["callbacks under way when the Worker was killed", report.caught],
    ["deliveries without a 2xx, which Deepgram repeated", report.unanswered],
    ["jobs for which it gave up", dropped.length],
    ["bodies acknowledged", report.acknowledged],
    ["… by a retry", report.byRetry],
    ["… **and not readable byte for byte**", lost.length],
    ["requests first notified when the queue had its messages again", notified.requeued],
    ["requests **never notified**", notified.missing.length],
    ["notifications repeated under the same `webhook-id`", notified.repeated],
    ["requests notified under two ids", notified.notifiedTwice.length],
    ["acknowledgement p50, p95, p99", `${at(0.5)}, ${at(0.95)}, ${at(0.99)}`],
  ];
  const faults = [
    ...lost,
    ...dropped,
    ...notified.missing,
    ...notified.notifiedTwice,
    ...faultsOf(report),
  ];
  const section = [
    "## Killed under load",
    `\`wrangler dev\` with persistent storage and the simulated Deepgram, which submits a job every 200 ms, and 20 at once just before a kill: plain transcripts, copies one after another and at once, conflicts, failures, bodies of 5 MB with and without a length. All of the Worker's processes are killed (SIGKILL) at random moments (seed ${report.seed}) and started again; Deepgram's 30 seconds between attempts are four here, and its retries ten. A proxy between the two writes down what was sent and what was answered. When Deepgram is done every acknowledged body is read and compared. The local queue is in memory and dies with the Worker, which Cloudflare's does not: what it held is sent again, by one more copy of each callback a minute later, before the notifications are counted. The times are to the acknowledgement of callbacks up to 4 MiB, on a machine that also runs all the rest.`,
    ["| | |\n|---|---:|", ...rows.map(([what, found]) => `| ${what} | ${found} |`)].join("\n"),
    ...(faults.length === 0 ? [] : [faults.map((fault) => `- ${fault}`).join("\n")]),
  ].join("\n\n");
  return { section, holds: faults.length === 0 && report.acknowledged > 0 };
}

/** What would make the run prove nothing, or means notifications without end. */
function faultsOf({ kills, caught, byRetry, notified }: KillReport): string[] {
  const most = kills * UNDER_WAY_AT_A_KILL;
  return [
    ...(caught > 0 ? [] : ["no callback was under way when the Worker was killed"]),
    ...(byRetry > 0 ? [] : ["no body was acknowledged by a retry"]),
    ...(notified.repeated <= most ? [] : [`more than ${most} notifications were repeated`]),
  ];
}
