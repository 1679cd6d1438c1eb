import type { RequestId } from "../deepgram/request-id.ts";
import type { Messages } from "./document.ts";
import type { createInterimEnds } from "./interim-ends.ts";
import type { Interims } from "./interims.ts";
import type { MessageTable } from "./message-table.ts";

/** What of a stream is kept: its first `upTo` messages. */
export const keptMessages = (
  table: MessageTable,
  requestId: RequestId,
  upTo: number,
  interimEnds: Pick<ReturnType<typeof createInterimEnds>, "furthest" | "channels">,
): Messages => ({
  requestId,
  isLive: false,
  channels: table.channels(upTo),
  end: table.end(upTo),
  interims: { channels: interimEnds.channels(), end: interimEnds.furthest() },
  select: (kind, channel) =>
    table.select({ kind, upTo, ...(channel !== undefined && { channel }) }),
});

/** The same as long as more is to come, with what no final has replaced yet. */
export function liveMessages(kept: Messages, interims: Interims): Messages {
  return {
    ...kept,
    isLive: true,
    channels: Math.max(kept.channels, interims.channels()),
    *select(kind, channel) {
      yield* kept.select(kind, channel);
      const interim = kind === "final" && channel !== undefined ? interims.of(channel) : null;
      if (interim !== null) yield interim;
    },
  };
}
