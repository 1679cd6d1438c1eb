import { cleanText } from "../segments/clean-text.ts";
import { timeQueue } from "../segments/merge-by-time.ts";
import type { SegmentSource } from "../segments/segment-source.ts";
import { type ChannelSearch, channelSearch, type Sought } from "./channel-search.ts";
import { type Hit, hitIn } from "./hit.ts";
import { passage } from "./passage.ts";
import { phrase } from "./phrase.ts";
import { joinTokens, tokens } from "./tokens.ts";

const MOST_OPEN_CHANNELS = 100;

/**
 * Where the words of a query are said one after another on a channel, in segments given in order of
 * time. Case, accents, punctuation, apostrophes, the grouping of digits and borders of segments do not
 * matter; words match as a whole, or any run of characters in scripts that set no spaces. Hits on one
 * channel do not overlap, the one that ends first counts. A query without letters and numbers has none.
 *
 * Hits come in order of `start`, unless more than 4,096 have to wait for one that may yet turn out to
 * have begun earlier. A match can be begun on at most 100 channels at once.
 */
export function search(segments: SegmentSource, query: string): AsyncGenerator<Hit> {
  const text = cleanText(query);
  const all = tokens(text);
  const keysOf = (tokens: readonly { key: string }[]) => tokens.map(({ key }) => key);
  const sought = { spelled: phrase(keysOf(all)), joined: phrase(keysOf(joinTokens(text, all))) };
  return searchFor(segments, sought);
}

/** The same for what the automatons of a query look for. */
export async function* searchFor(segments: SegmentSource, sought: Sought): AsyncGenerator<Hit> {
  if (sought.spelled.length === 0) return;
  const queue = timeQueue<Hit>(({ start }) => start);
  const open = new Map<number, ChannelSearch>();
  for await (const segment of segments) {
    const { channel } = segment;
    const searched = open.get(channel) ?? channelSearch(sought);
    const since = earliest(open.values(), segment.start);
    for (const due of queue.take(since)) yield due;
    for (const match of searched.read(passage(segment))) {
      queue.add(hitIn(match));
      for (const due of queue.take(since)) yield due;
    }
    open.delete(channel);
    if (searched.openSince() !== undefined) open.set(channel, searched);
    if (open.size > MOST_OPEN_CHANNELS) open.delete(open.keys().next().value!);
  }
  for (const hit of queue.take(Infinity)) yield hit;
}

/** Before this no hit can start any more: later segments start at `time` or after. */
function earliest(open: Iterable<ChannelSearch>, time: number): number {
  let earliest = time;
  for (const { openSince } of open) earliest = Math.min(earliest, openSince() ?? time);
  return earliest;
}
