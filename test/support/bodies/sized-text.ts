import { joinerOf } from "./lines.ts";
import { metadataOf } from "./metadata.ts";
import type { ListenOptions } from "./options.ts";
import { shifted } from "./shift.ts";
import type { Turn } from "./speech.ts";
import { utteranceOf } from "./utterances.ts";
import { listenWords, textOf } from "./words.ts";

export type SizedOptions = Omit<
  ListenOptions,
  "words" | "durationSeconds" | "paragraphs" | "alternatives" | "silence" | "detectLanguage"
> & {
  /** Exact length of the body. */
  bytes: number;
  /** Puts `metadata` after `results`, where a reader learns the id last. Default false. */
  metadataLast?: boolean;
};

/** A conversation that repeats without end, each time `blockSeconds` later. */
export type Plan = { options: SizedOptions; block: Turn[]; blockSeconds: number };

export const inJson = (text: string): string => JSON.stringify(text).slice(1, -1);

export const turnAt = ({ block, blockSeconds }: Plan, index: number): Turn =>
  shifted(block[index % block.length]!, Math.floor(index / block.length) * blockSeconds);

export const wordsText = (turn: Turn, options: SizedOptions): string =>
  JSON.stringify(listenWords(turn, options)).slice(1, -1);

export const utteranceText = (turn: Turn, index: number, options: SizedOptions): string =>
  JSON.stringify(utteranceOf(turn, index, options));

/** The length of the audio is rounded up to whole blocks of conversation. */
export const metadataText = (plan: Plan, turns: number): string => {
  const seconds = Math.ceil(turns / plan.block.length) * plan.blockSeconds;
  return `"metadata":${JSON.stringify(metadataOf(plan.options, seconds))}`;
};

const indexesOn = (plan: Plan, channel: number, turns: number): number[] =>
  Array.from({ length: turns }, (_, index) => index).filter(
    (index) => plan.block[index % plan.block.length]!.channel === channel,
  );

function* channelText(plan: Plan, channel: number, turns: number): Generator<string> {
  const { options } = plan;
  const joiner = joinerOf(options.language ?? "en");
  const indexes = indexesOn(plan, channel, turns);
  yield `${channel === 0 ? "" : ","}{"alternatives":[{"transcript":"`;
  for (const [nth, index] of indexes.entries())
    yield (nth === 0 ? "" : joiner) + inJson(textOf(turnAt(plan, index).words, options));
  yield `","confidence":0.98828125,"words":[`;
  for (const [nth, index] of indexes.entries())
    yield (nth === 0 ? "" : ",") + wordsText(turnAt(plan, index), options);
  yield "]}]}";
}

function* utterancesText(plan: Plan, channels: number[], turns: number): Generator<string> {
  const indexes = channels.flatMap((channel) => indexesOn(plan, channel, turns));
  yield `,"utterances":[`;
  for (const [nth, index] of indexes.entries())
    yield (nth === 0 ? "" : ",") + utteranceText(turnAt(plan, index), index, plan.options);
  yield "]";
}

/** The whole body, piece by piece: the first `turns` turns, then `padding` characters. */
export function* bodyText(plan: Plan, turns: number, padding: number): Generator<string> {
  const { options } = plan;
  const channels = Array.from({ length: options.channels ?? 1 }, (_, channel) => channel);
  yield options.metadataLast ? "{" : `{${metadataText(plan, turns)},`;
  yield `"results":{"channels":[`;
  for (const channel of channels) yield* channelText(plan, channel, turns);
  yield "]";
  if (options.utterances) yield* utterancesText(plan, channels, turns);
  yield `,"padding":"${".".repeat(padding)}"}`;
  yield options.metadataLast ? `,${metadataText(plan, turns)}}` : "}";
}
