import type { Range } from "../../lib/json/elements.ts";
import type { BodyReader } from "./body-reader.ts";
import { channelStream } from "./channel-stream.ts";
import { field, index } from "./fields.ts";
import type { Layout } from "./layout.ts";
import { MAX_CHANNELS } from "./limits.ts";
import type { Segment } from "./segment.ts";
import { spacedStream } from "./spaced-stream.ts";
import { unshowable } from "./unshowable.ts";
import type { UtteranceRun } from "./utterance-runs.ts";
import { utteranceSegments } from "./utterance-segments.ts";

type Stream = AsyncGenerator<Segment[]>;

/** The numbers of the channels that a body may have text of. */
export function channelNumbers({ channels, utterances }: Layout): number[] {
  const runs = Array.isArray(utterances) ? utterances : [];
  const numbers = new Set([...channels.keys(), ...runs.map(({ channel }) => channel)]);
  if (numbers.size > MAX_CHANNELS) throw unshowable("too-many-channels");
  return [...numbers];
}

/** The segments of a stored body as streams that are each in order of time: mostly one a channel. */
export async function channelStreams(reader: BodyReader, layout: Layout): Promise<Stream[]> {
  const { utterances } = layout;
  const numbers = channelNumbers(layout);
  if (Array.isArray(utterances)) {
    return numbers.map((number) =>
      spacedStream(coveredOrOwn(reader, layout, number, utterances), reader, layout),
    );
  }
  const covered = await channelsCovered(reader, utterances);
  const others = numbers.filter((number) => !covered.has(number));
  return [
    spacedStream(utteranceStream(reader, layout, utterances), reader, layout),
    ...others.map((number) => spacedStream(ownStream(reader, layout, number), reader, layout)),
  ];
}

/** The utterances of a channel, or what it has itself where none of them has text. */
async function* coveredOrOwn(
  reader: BodyReader,
  layout: Layout,
  number: number,
  runs: readonly UtteranceRun[],
): Stream {
  let isCovered = false;
  for (const run of runs) {
    if (run.channel !== number) continue;
    for await (const batch of utteranceStream(reader, layout, run)) {
      isCovered ||= batch.length > 0;
      yield batch;
    }
  }
  if (!isCovered) yield* ownStream(reader, layout, number);
}

async function* ownStream(reader: BodyReader, { channels, span }: Layout, number: number): Stream {
  const channel = channels.get(number);
  if (channel !== undefined) yield* channelStream(reader, channel, number, span);
}

async function* utteranceStream(reader: BodyReader, { channels }: Layout, stretch: Range): Stream {
  for await (const batch of reader.array(stretch)) {
    yield batch.flatMap((utterance) => {
      const channel = channelOf(utterance);
      const language = channels.get(channel)?.language ?? null;
      return utteranceSegments(utterance, { channel, language });
    });
  }
}

/** The channels of which an utterance has text. */
async function channelsCovered(reader: BodyReader, all: Range): Promise<Set<number>> {
  const covered = new Set<number>();
  for await (const batch of reader.array(all)) {
    for (const utterance of batch) {
      const channel = channelOf(utterance);
      if (covered.has(channel)) continue;
      if (utteranceSegments(utterance, { channel, language: null }).length > 0)
        covered.add(channel);
      if (covered.size > MAX_CHANNELS) throw unshowable("too-many-channels");
    }
  }
  return covered;
}

const channelOf = (utterance: unknown): number => index(field(utterance, "channel")) ?? 0;
