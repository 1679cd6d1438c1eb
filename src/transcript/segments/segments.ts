import { byTime } from "./by-time.ts";
import { channelLanguage, channelSegments } from "./channel-segments.ts";
import { field, index, list, text, time } from "./fields.ts";
import type { Segment } from "./segment.ts";
import { type Spacer, spacedWith } from "./spacing.ts";
import { utteranceSegments } from "./utterance-segments.ts";

/**
 * The segments of a Deepgram body, all channels in order of time: of the answer to `/v1/listen`
 * (`results.utterances`, and `results.channels` where no utterance covers a channel), or of one
 * streamed `Results` message. Any other JSON value gives none; fields of a wrong type count as absent.
 */
export function segments(body: unknown): Segment[] {
  const found = field(body, "type") === "Results" ? streamed(body) : transcribed(body);
  return found.sort(byTime);
}

function streamed(message: unknown): Segment[] {
  const number = index(list(field(message, "channel_index"))[0]) ?? 0;
  const start = time(field(message, "start")) ?? 0;
  const end = start + (time(field(message, "duration")) ?? 0);
  const channel = field(message, "channel");
  return channelSegments(channel, number, { start, end }).map(spacedWith(transcriptOf(channel)));
}

function transcribed(body: unknown): Segment[] {
  const results = field(body, "results");
  const channels = list(field(results, "channels"));
  const span = { start: 0, end: time(field(field(body, "metadata"), "duration")) ?? 0 };
  const found: Segment[] = [];
  const covered = new Set<number>();
  const languages = channels.map(channelLanguage);
  const spacers = new Map<number, Spacer["write"]>();
  const spaced = (segment: Segment, channel: number): Segment => {
    const write = spacers.get(channel) ?? spacedWith(transcriptOf(channels[channel]));
    spacers.set(channel, write);
    return write(segment);
  };
  for (const utterance of list(field(results, "utterances"))) {
    const channel = index(field(utterance, "channel")) ?? 0;
    const origin = { channel, language: languages[channel] ?? null };
    for (const segment of utteranceSegments(utterance, origin)) {
      found.push(spaced(segment, channel));
      covered.add(channel);
    }
  }
  channels.forEach((channel, number) => {
    if (covered.has(number)) return;
    for (const segment of channelSegments(channel, number, span))
      found.push(spaced(segment, number));
  });
  return found;
}

/** Of the first alternative of a channel. */
const transcriptOf = (channel: unknown): string =>
  text(field(list(field(channel, "alternatives"))[0], "transcript"));
