import { conversation, type Token } from "../../support/bodies/lines.ts";
import { between, type Random, randomFrom } from "../../support/bodies/random.ts";

/** As `utt_split` of Deepgram has it. */
const UTTERANCE_PAUSE_SECONDS = 0.8;

type Word = { word: string; punctuated_word: string; start: number; end: number; speaker: number };

/**
 * An invented call of two speakers with the pace of real ones, as Deepgram answers with `utterances`,
 * `punctuate` and `diarize`: turns at 140 to 200 words a minute, each fourth at 220 to 270, pauses of 0.2
 * to 3 s between them, each sixth turn begun before the other's is over. With two channels each speaker
 * has one.
 */
export function pacedCall(seed: number, minutes: number, channels: 1 | 2 = 1): unknown {
  const random = randomFrom(seed);
  const turns = [...spokenTurns(random, minutes * 60)];
  const all = turns.flat().sort((a, b) => a.start - b.start);
  const ofChannel = (channel: number) => (words: readonly Word[]) =>
    channels === 1 ? words : words.filter(({ speaker }) => speaker === channel);
  const numbers = [0, 1].slice(0, channels);
  return {
    metadata: { request_id: crypto.randomUUID(), duration: minutes * 60, channels },
    results: {
      channels: numbers.map((number) => {
        const words = ofChannel(number)(all).map((word) => inChannel(word, channels));
        return { alternatives: [{ transcript: textOf(words), confidence: 0.97, words }] };
      }),
      utterances: turns
        .flatMap((words) => utterancesOf(words, channels))
        .sort((a, b) => a.channel - b.channel || a.start - b.start),
    },
  };
}

/** On a channel of its own a speaker is its first. */
const inChannel = (word: Word, channels: number): Word =>
  channels === 1 ? word : { ...word, speaker: 0 };

function* spokenTurns(random: Random, seconds: number): Generator<Word[]> {
  const lines = conversation("en", false, random);
  let clock = 0;
  for (let turn = 0; clock < seconds; turn++) {
    const count = 1 + Math.floor(between(random, 0, 3));
    const tokens = Array.from({ length: count }, () => lines.next().value.tokens).flat();
    const isBurst = random() < 0.25;
    const rate = isBurst ? between(random, 220, 270) : between(random, 140, 200);
    const words = spoken(tokens, clock, 60 / rate, turn % 2, random);
    yield words;
    const isOverlap = random() < 1 / 6;
    const pause = isOverlap ? -between(random, 0.2, 1) : 0.2 + 2.8 * random() ** 2;
    clock = Math.max(words[0]!.end, words.at(-1)!.end + pause);
  }
}

/** Words by their length, the pauses between sentences part of their pace. */
function spoken(
  tokens: readonly Token[],
  from: number,
  secondsEach: number,
  speaker: number,
  random: Random,
): Word[] {
  let clock = from;
  return tokens.map(({ spoken, written }) => {
    const start = clock;
    const end = start + secondsEach * (0.4 + 0.12 * spoken.length);
    const isEnd = /[.?!]$/.test(written);
    clock = end + (isEnd ? between(random, 0.1, 0.6) : 0);
    return {
      word: spoken,
      punctuated_word: written,
      start: millis(start),
      end: millis(end),
      speaker,
    };
  });
}

const millis = (seconds: number): number => Math.round(seconds * 1000) / 1000;

function utterancesOf(words: readonly Word[], channels: number) {
  const groups: Word[][] = [];
  for (const word of words) {
    const last = groups.at(-1)?.at(-1);
    if (last === undefined || word.start - last.end >= UTTERANCE_PAUSE_SECONDS) groups.push([word]);
    else groups.at(-1)!.push(word);
  }
  return groups.map((group) => {
    const [first, last] = [group[0]!, group.at(-1)!];
    const words = group.map((word) => inChannel(word, channels));
    const channel = channels === 1 ? 0 : first.speaker;
    const { speaker } = words[0]!;
    return {
      start: first.start,
      end: last.end,
      channel,
      speaker,
      transcript: textOf(words),
      words,
    };
  });
}

const textOf = (words: readonly Word[]): string =>
  words.map(({ punctuated_word }) => punctuated_word).join(" ");
