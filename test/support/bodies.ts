import { channelOf } from "./bodies/channels.ts";
import { float32 } from "./bodies/float32.ts";
import type { ListenBody } from "./bodies/listen-body.ts";
import { metadataOf } from "./bodies/metadata.ts";
import type { ListenOptions } from "./bodies/options.ts";
import { type SpokenWord, speech, type Turn } from "./bodies/speech.ts";
import { utteranceOf } from "./bodies/utterances.ts";

const DEFAULT_WORDS = 60;
const QUIET_END_SECONDS = 0.5;

const shortened = (turn: Turn, keep: (word: SpokenWord, index: number) => boolean): Turn => ({
  ...turn,
  words: turn.words.filter(keep),
});

const turnsUntil = (seconds: number, options: ListenOptions): Turn[] => {
  const turns: Turn[] = [];
  for (const turn of speech(options)) {
    if (turn.words[0]!.start >= seconds) return turns;
    const heard = shortened(turn, (word) => word.end <= seconds);
    if (heard.words.length > 0) turns.push(heard);
  }
  return turns;
};

const turnsOf = (options: ListenOptions): Turn[] => {
  if (options.silence) return [];
  if (options.durationSeconds !== undefined) return turnsUntil(options.durationSeconds, options);
  const turns: Turn[] = [];
  let missing = options.words ?? DEFAULT_WORDS;
  for (const turn of speech(options)) {
    if (missing <= 0) return turns;
    const heard = shortened(turn, (_, index) => index < missing);
    missing -= heard.words.length;
    turns.push(heard);
  }
  return turns;
};

/**
 * The finished answer of `/v1/listen` about an invented telephone call. Equal options give equal
 * bodies. Utterances come by channel, then by time, as Deepgram sends them.
 */
export const listenBody = (options: ListenOptions = {}): ListenBody => {
  const turns = turnsOf(options);
  const byChannel = Array.from({ length: options.channels ?? 1 }, (_, channel) =>
    turns.filter((turn) => turn.channel === channel),
  );
  const lastEnd = turns.reduce((last, turn) => Math.max(last, turn.words.at(-1)!.end), 0);
  const duration = options.durationSeconds ?? float32(lastEnd + QUIET_END_SECONDS);
  return {
    metadata: metadataOf(options, duration),
    results: {
      channels: byChannel.map((ofChannel) => channelOf(ofChannel, options)),
      ...(options.utterances && {
        utterances: byChannel.flat().map((turn, index) => utteranceOf(turn, index, options)),
      }),
    },
  };
};

/** A body as Deepgram sends it: compact JSON in UTF-8. */
export const bytesOf = (body: unknown): Uint8Array =>
  new TextEncoder().encode(JSON.stringify(body));
