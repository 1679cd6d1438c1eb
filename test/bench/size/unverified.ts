import { once } from "node:events";
import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { heading, inMb, note, table } from "../print.ts";
import { forgetPeak, residentBytes } from "../processes.ts";
import { HEAP_MIB, startOurs } from "../worker.ts";

const CONNECTIONS = 64;
const BYTES = 30_000_000;
const PART_BYTES = 65_536;
const PAUSE_MS = 20;
const WITHIN_MS = 60_000;

/** What slow senders without a credential cost: all of them at once, each with a large body. */
export async function unverified(script: string): Promise<void> {
  heading(`${CONNECTIONS} slow connections of ${inMb(BYTES)} each, without a credential`);
  const bindings = { CALLBACK_SECRETS: "a-secret-of-the-bench" };
  const ours = await startOurs(script, { heapMib: HEAP_MIB, bindings });
  const idle = residentBytes(ours.pid).now;
  forgetPeak(ours.pid);
  const agent = new Agent({ maxSockets: CONNECTIONS });
  const url = new URL("/hook", ours.url);
  const sent = await Promise.all(Array.from({ length: CONNECTIONS }, () => send(url, agent)));
  const bucket = await ours.miniflare.getR2Bucket("TRANSCRIPTS");
  const { objects } = await bucket.list();
  const statuses = [...new Set(sent.map(({ status }) => status))].join(", ");
  table([
    ["workerd over idle, peak", "answered", "bytes sent until then, all", "objects in R2"],
    [
      inMb(residentBytes(ours.pid).peak - idle),
      statuses,
      inMb(sent.reduce((sum, { bytes }) => sum + bytes, 0)),
      String(objects.length),
    ],
  ]);
  note(
    `each writes ${PART_BYTES / 1_024} KiB every ${PAUSE_MS} ms; an upload takes R2's simulator`,
  );
  note("memory in the same process.");
  agent.destroy();
  await ours.stop();
}

/** Writes a body until it is answered, or the connection is broken off. */
async function send(url: URL, agent: Agent): Promise<{ status: number | string; bytes: number }> {
  const headers = { "content-type": "application/json", "content-length": BYTES };
  const sending = request(url, { method: "POST", agent, headers });
  let status: number | string | undefined;
  sending.on("response", (response) => {
    status = response.statusCode ?? 0;
    response.resume();
  });
  sending.on("error", () => {
    status ??= "broken off";
  });
  const part = Buffer.alloc(PART_BYTES, " ");
  let bytes = 0;
  const until = Date.now() + WITHIN_MS;
  while (status === undefined && bytes < BYTES && Date.now() < until) {
    const next = part.subarray(0, Math.min(PART_BYTES, BYTES - bytes));
    bytes += next.length;
    // A broken connection is reported by its event.
    const drained = sending.write(next) ? null : once(sending, "drain").catch(() => {});
    await Promise.race([drained, sleep(PAUSE_MS)]);
    await sleep(PAUSE_MS);
  }
  if (bytes === BYTES) sending.end();
  while (status === undefined && Date.now() < until) await sleep(PAUSE_MS);
  sending.destroy();
  return { status: status ?? "no answer", bytes };
}
