import { joinerOf } from "./lines.ts";
import {
  bodyText,
  inJson,
  metadataText,
  type Plan,
  type SizedOptions,
  turnAt,
  utteranceText,
  wordsText,
} from "./sized-text.ts";
import { speech, type Turn } from "./speech.ts";
import { textOf } from "./words.ts";

/** A body of known length that is made while it is read; each call of `chunks` begins anew. */
export type SizedBody = { byteLength: number; chunks: () => Generator<Uint8Array> };

const BLOCK_TURNS = 48;
const CHUNK_BYTES = 64 * 1024;
/** More than what the digits of the duration can add. */
const SLACK_BYTES = 16;

const encoder = new TextEncoder();

const utf8Length = (text: string): number => encoder.encode(text).byteLength;

function* inChunks(pieces: Iterable<string>): Generator<Uint8Array> {
  let pending = "";
  for (const piece of pieces) {
    pending += piece;
    if (pending.length < CHUNK_BYTES) continue;
    yield encoder.encode(pending);
    pending = "";
  }
  if (pending !== "") yield encoder.encode(pending);
}

const planOf = (options: SizedOptions): Plan => {
  const block: Turn[] = [];
  for (const turn of speech(options)) {
    block.push(turn);
    if (block.length === BLOCK_TURNS) break;
  }
  const lastEnd = Math.max(...block.map((turn) => turn.words.at(-1)!.end));
  return { options, block, blockSeconds: Math.ceil(lastEnd) + 1 };
};

/** What a turn adds to the body, with the separators it needs behind another of its channel. */
const turnLength = (plan: Plan, index: number): number => {
  const { options } = plan;
  const turn = turnAt(plan, index);
  const text = joinerOf(options.language ?? "en") + inJson(textOf(turn.words, options));
  const utterance = options.utterances ? `,${utteranceText(turn, index, options)}` : "";
  return utf8Length(`${text},${wordsText(turn, options)}${utterance}`);
};

/** All of a sized body in memory at once. */
export const wholeBody = ({ byteLength, chunks }: SizedBody): Uint8Array => {
  const whole = new Uint8Array(byteLength);
  let offset = 0;
  for (const chunk of chunks()) {
    whole.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return whole;
};

/** Separators counted by `turnLength` that the first turn of each channel does not need. */
const unusedSeparators = (plan: Plan, turns: number): number => {
  const { options } = plan;
  const speaking = new Set(plan.block.slice(0, turns).map((turn) => turn.channel)).size;
  const inChannel = joinerOf(options.language ?? "en").length + 1;
  return speaking * inChannel + (options.utterances && turns > 0 ? 1 : 0);
};

/**
 * An answer of `/v1/listen` of exactly `options.bytes` bytes. Only one chunk of it exists at a time.
 * What no turn fits into is filled with a field unknown to Deepgram, `results.padding`. Throws a
 * RangeError when `bytes` is too small for an answer without words.
 */
export const sizedBody = (options: SizedOptions): SizedBody => {
  const plan = planOf(options);
  const { bytes } = options;
  let used = 0;
  for (const piece of bodyText(plan, 0, 0)) used += utf8Length(piece);
  if (used > bytes) throw new RangeError(`An answer needs at least ${used} bytes, not ${bytes}`);
  let turns = 0;
  let next = turnLength(plan, turns);
  while (used + next + SLACK_BYTES <= bytes) {
    used += next;
    turns += 1;
    next = turnLength(plan, turns);
  }
  used += utf8Length(metadataText(plan, turns)) - utf8Length(metadataText(plan, 0));
  used -= unusedSeparators(plan, turns);
  return { byteLength: bytes, chunks: () => inChunks(bodyText(plan, turns, bytes - used)) };
};
