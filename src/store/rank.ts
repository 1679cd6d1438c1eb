import type { CallbackRecord } from "./record.ts";

/** What decides which of two bodies of a request is current. */
export type Ranked = Pick<CallbackRecord, "state" | "sha256" | "stream">;

/**
 * What an incoming body is to the current one:
 * - `same`: the same bytes;
 * - `supersedes`: it takes the place of the current one;
 * - `outdated`: an earlier document of the current one's stream, which holds all of it;
 * - `other`: the current one stays, this one is a version.
 */
export type Rank = "same" | "supersedes" | "outdated" | "other";

/**
 * Ranks an incoming body. A transcript supersedes a failure. A stream's document supersedes one that
 * the same Durable Object assembled from fewer messages. Otherwise the first body stays.
 */
export function compare(current: Ranked, incoming: Ranked): Rank {
  if (incoming.sha256 === current.sha256) return "same";
  if (incoming.state !== current.state) {
    return incoming.state === "received" ? "supersedes" : "other";
  }
  if (!isSameStream(current, incoming)) return "other";
  return messagesOf(incoming) > messagesOf(current) ? "supersedes" : "outdated";
}

/** Whether two bodies are documents of one stream. */
export const isSameStream = (
  { stream: one }: Pick<CallbackRecord, "stream">,
  { stream: other }: Pick<CallbackRecord, "stream">,
): boolean =>
  one !== null && other !== null && one.owner === other.owner && one.startedAt === other.startedAt;

/**
 * The versions that say something else than the current body: not its copies, nor earlier documents of
 * its stream or of another version's.
 */
export const conflictsAmong = <Version extends Ranked>(
  current: Ranked | null,
  versions: readonly Version[],
): Version[] => {
  const bodies = current === null ? versions : [current, ...versions];
  const isTold = (version: Version) =>
    bodies.some((other) => other !== version && isContained(compare(other, version)));
  return versions.filter((version) => !isTold(version));
};

const isContained = (rank: Rank): boolean => rank === "same" || rank === "outdated";

const messagesOf = ({ stream }: Ranked): number => stream?.messages ?? 0;
