import { createHash } from "node:crypto";
import { eventually } from "../../../e2e/eventually.ts";
import type { Job } from "../../../fake-deepgram/job.ts";
import type { WebhookReceiver } from "../../../support/providers/webhook-receiver.ts";
import type { Seen } from "./witness.ts";

export type Stored = {
  /** Bodies of which at least one delivery was acknowledged. */
  acknowledged: number;
  /** Of these, those whose first delivery was not. */
  byRetry: number;
  /** Acknowledged bodies that reading does not give back byte for byte, each with the reason. */
  lost: string[];
};

export type Notified = {
  /** Requests of which no notification came, each with what its status says of follow-ups. */
  missing: string[];
  /** Those of which one is being tried, or to be tried again, where that is not awaited. */
  held: number;
  /** Notifications that came once more, under the same webhook-id. */
  repeated: number;
  /** Requests with notifications under several ids. */
  notifiedTwice: string[];
};

type Reads = { url: string; token: string };

/** Reads every body that was acknowledged. */
export async function verifyStored(
  jobs: readonly Job[],
  seen: readonly Seen[],
  reads: Reads,
): Promise<Stored> {
  const stored: Stored = { acknowledged: 0, byRetry: 0, lost: [] };
  for (const job of jobs) {
    const bodies = acknowledgedOf(seen.filter((one) => one.job === jobOf(job)));
    for (const { sha256, isRetried } of bodies) {
      stored.acknowledged++;
      if (isRetried) stored.byRetry++;
      const fault = await faultOf(reads, job.requestId, sha256);
      if (fault !== null) stored.lost.push(`${job.requestId} ${fault}`);
    }
  }
  return stored;
}

/**
 * Looks at the notifications of requests once all have come, or none for too long. One `mayBeHeld` by
 * a killed consumer, or put off: its status says so.
 */
export async function verifyNotified(
  ids: readonly string[],
  crm: WebhookReceiver,
  { reads, withinMs, mayBeHeld }: { reads: Reads; withinMs: number; mayBeHeld: boolean },
): Promise<Notified> {
  const silent = async () => {
    const notified = notificationsOf(crm);
    return Promise.all(ids.filter((id) => !notified.has(id)).map((id) => followUpsOf(reads, id)));
  };
  const isUntold = ({ isHeld }: FollowUps) => !(mayBeHeld && isHeld);
  await eventually(silent, (left) => !left.some(isUntold), withinMs).catch(() => {});
  const left = await silent();
  const missing = left.filter(isUntold);
  const verdict: Notified = {
    missing: missing.map(({ text }) => text),
    held: left.length - missing.length,
    repeated: 0,
    notifiedTwice: [],
  };
  for (const [id, webhooks] of notificationsOf(crm)) {
    const several = new Set(webhooks).size;
    verdict.repeated += webhooks.length - several;
    if (several > 1) verdict.notifiedTwice.push(id);
  }
  return verdict;
}

export const isAcknowledged = ({ status }: Seen): boolean =>
  status !== null && status >= 200 && status < 300;

const jobOf = ({ callback }: Job): string =>
  new URL(callback?.url ?? "http://none").searchParams.get("job") ?? "";

/** The bodies of a job that were acknowledged, each once. */
function acknowledgedOf(seen: readonly Seen[]) {
  const digests = new Set(seen.filter(isAcknowledged).map(({ sha256 }) => sha256));
  return [...digests].map((sha256) => ({
    sha256,
    isRetried: !isAcknowledged(seen.find((one) => one.sha256 === sha256)!),
  }));
}

/** The webhook ids of each request's notifications, as they came and were accepted. */
export function notificationsOf(crm: WebhookReceiver): Map<string, string[]> {
  const notified = new Map<string, string[]>();
  for (const { body, id, valid } of crm.deliveries) {
    if (!valid) continue;
    const { data } = JSON.parse(body) as { data: { request_id: string } };
    notified.set(data.request_id, [...(notified.get(data.request_id) ?? []), id]);
  }
  return notified;
}

type FollowUps = { text: string; isHeld: boolean };

async function followUpsOf({ url, token }: Reads, id: string): Promise<FollowUps> {
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${url}/v1/transcripts/${id}/status`, { headers });
  const { follow_ups = [] } = (await response.json()) as { follow_ups?: { state: string }[] };
  const isHeld = follow_ups.some(({ state }) => state === "running" || state === "retrying");
  return { text: `${id} ${response.status} ${JSON.stringify(follow_ups)}`, isHeld };
}

/** What is wrong with reading a body; null when it comes back byte for byte. */
async function faultOf({ url, token }: Reads, id: string, sha256: string): Promise<string | null> {
  const headers = { authorization: `Bearer ${token}`, "accept-encoding": "identity" };
  const response = await fetch(`${url}/v1/transcripts/${id}.json?version=${sha256}`, { headers });
  const body = Buffer.from(await response.arrayBuffer());
  if (response.status !== 200) return `answers ${response.status}`;
  const found = createHash("sha256").update(body).digest("hex");
  return found === sha256 ? null : `gives ${found}`;
}
