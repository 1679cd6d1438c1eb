import type { Language } from "./conversations.ts";
import { float32 } from "./float32.ts";
import { conversation, type Line, type Token } from "./lines.ts";
import type { SpeechOptions } from "./options.ts";
import { between, type Random, randomFrom } from "./random.ts";

/** Times are seconds from the start of the audio. */
export type SpokenWord = Token & { start: number; end: number; confidence: number };

/** What one speaker says until another begins. `speaker` counts from 0 on each channel. */
export type Turn = {
  channel: number;
  speaker: number;
  speakerConfidence: number;
  language: Language;
  words: SpokenWord[];
};

/** Deepgram's times are multiples of this many seconds, plus float noise. */
const STEP_SECONDS = 0.08;
const LONGEST_WORD_STEPS = 6;

const steps = (count: number): number => count * STEP_SECONDS;

const endsSentence = (token: Token): boolean => /[.?!。？！؟]$/u.test(token.written);

const sureness = (random: Random): number =>
  float32(1 - Math.round(random() ** 6 * 0.6 * 2048) / 2048);

const speakLine = (line: Line, start: number, random: Random): SpokenWord[] => {
  let clock = start;
  return line.tokens.map((token) => {
    const length = Math.min(LONGEST_WORD_STEPS, 1 + Math.ceil(token.spoken.length / 2));
    const begins = float32(clock);
    const ends = float32(begins + steps(length) * between(random, 0.9, 1.1));
    clock = ends + (endsSentence(token) ? between(random, 0.2, 0.7) : random() < 0.3 ? 0.04 : 0);
    return { ...token, start: begins, end: ends, confidence: sureness(random) };
  });
};

/** Speakers sharing a channel wait for each other; on channels of their own each third is too early. */
const pauseSeconds = (channels: number, index: number, random: Random): number =>
  channels > 1 && index % 3 === 0 ? between(random, -0.9, -0.1) : between(random, 0.3, 1.4);

/** Turns without end, in order of their beginning, except where a speaker interrupts another. */
export function* speech(options: SpeechOptions): Generator<Turn, never> {
  const { seed = 1, language = "en", channels = 1, firstSpeaker = 0 } = options;
  const speakers = Math.max(2, options.speakers ?? 2, channels);
  const random = randomFrom(seed);
  const lines = conversation(language, options.smartFormat ?? false, random);
  const quietFrom = Array.from({ length: channels }, () => 0);
  let clock = steps(1);
  for (let index = 0; ; index++) {
    const line = lines.next().value;
    const speaker = (index + firstSpeaker) % speakers;
    const channel = speaker % channels;
    const words = speakLine(line, Math.max(clock, quietFrom[channel]!), random);
    quietFrom[channel] = words.at(-1)!.end;
    clock = words.at(-1)!.end + pauseSeconds(channels, index, random);
    yield {
      channel,
      speaker: Math.floor(speaker / channels),
      speakerConfidence: float32(between(random, 0.3, 1)),
      language: line.language,
      words,
    };
  }
}
