import { field, list, text } from "../../deepgram/fields.ts";
import type { Range } from "../../lib/json/elements.ts";
import type { ChannelLayout, Layout } from "./body-layout.ts";
import { wordWindow } from "./claim-words.ts";
import { matchWords } from "./match-words.ts";
import type { Segment } from "./segment.ts";
import { bareTranscript } from "./segments.ts";
import { spacedStream, storedTextLength } from "./spaced-stream.ts";
import {
  channelOf,
  charsOf,
  type SpokenWord,
  spellMost,
  timedSentences,
  utteranceGroup,
  type WordGroup,
  wordReader,
} from "./spoken-words.ts";
import { HELD_WORD_BYTES, type StoredBodyReader } from "./stored-body-reader.ts";
import { type Origin, wordGrouper } from "./words-to-segments.ts";

type Stream = AsyncGenerator<Segment[]>;
type IsElsewhere = (group: WordGroup) => Promise<boolean>;

const SAMPLE_BYTES = 1024 * 1024;
const DOUBT = 1.5;

const decoder = new TextDecoder();

/** The numbers of the channels that a body may have text of. */
export const channelNumbers = ({ channels, utterances }: Layout): number[] => [
  ...new Set([...channels.keys(), ...utterances.keys()]),
];

/** The segments of a stored body as streams that are each nearly in order of time, one a channel. */
export function channelStreams(reader: StoredBodyReader, layout: Layout): Stream[] {
  return channelNumbers(layout).map((number) =>
    spacedStream(groupedOrOwn(reader, layout, number), reader, layout),
  );
}

/** The utterances of a channel with its other words, or what it has itself where none of them has text. */
async function* groupedOrOwn(reader: StoredBodyReader, layout: Layout, number: number): Stream {
  const { channels, utterances, begins, listed } = layout;
  const own = channels.get(number);
  const origin = { channel: number, language: own?.language ?? null };
  const range = utterances.get(number);
  let isGrouped = false;
  if (range !== undefined) {
    const batches = ownUtterances(reader.array(range, begins), number);
    const { groups, words } = listed.has(number)
      ? listedStreams(reader, batches)
      : {
          groups: groupStream(batches),
          words: () => wordStream(reader.array(own?.words ?? null), 0),
        };
    const seekers = [...channels]
      .filter(([other, { words }]) => other !== number && words !== null)
      .map(([, { words }]) => lookingIn(() => wordStream(reader.array(words), 0)));
    const isElsewhere = async (group: WordGroup): Promise<boolean> => {
      for (const isIn of seekers) if (await isIn(group)) return true;
      return false;
    };
    for await (const batch of matched(reader, groups, words, origin, isElsewhere)) {
      isGrouped ||= batch.length > 0;
      yield batch;
    }
  }
  if (!isGrouped && own !== undefined) yield* ownStream(reader, layout, own, origin);
}

/** As `channelSegments`. */
async function* ownStream(
  reader: StoredBodyReader,
  { span }: Layout,
  own: ChannelLayout,
  origin: Origin,
): Stream {
  const words = () => wordStream(reader.array(own.words), span.start);
  if (await hasTimedSentences(reader, own)) {
    const sentences = sentenceStream(reader, own);
    yield* matched(reader, sentences, words, origin, async () => false);
  } else if (await wordsSpellMost(reader, own)) {
    const grouper = wordGrouper(origin);
    for await (const batch of words()) yield grouper.push(batch);
    yield grouper.end();
  } else {
    yield bareTranscript(await transcriptOf(reader, own.transcript), span, origin);
  }
}

/** As `matched` of a parsed body, from groups and words that are read in step. */
async function* matched(
  reader: StoredBodyReader,
  groups: AsyncGenerator<WordGroup[]>,
  words: () => AsyncGenerator<SpokenWord[]>,
  origin: Origin,
  isElsewhere: IsElsewhere,
): Stream {
  const matcher = matchWords(origin);
  const hold = reader.account();
  let given: AsyncGenerator<SpokenWord[]> | undefined;
  async function close(listing: WordGroup[] | null): Promise<void> {
    let found = listing;
    for (; found === null; found = matcher.claim()) {
      given ??= words();
      const { done, value } = await given.next();
      if (done) matcher.end();
      else matcher.give(value);
      hold(matcher.held() * HELD_WORD_BYTES);
    }
    const strays: WordGroup[] = [];
    for (const group of found) if (await isElsewhere(group)) strays.push(group);
    matcher.close(strays);
  }
  let isAny = false;
  for await (const batch of groups) {
    for (const group of batch) {
      if (!matcher.joins(group)) {
        const listing = matcher.claim();
        // To wait for each of thousands of groups would take longer than to show it.
        if (listing?.length === 0) matcher.close([]);
        else await close(listing);
      }
      matcher.add(group);
      isAny = true;
    }
    yield matcher.take();
  }
  if (!isAny) return;
  await close(matcher.claim());
  matcher.rest();
  yield matcher.take();
  for await (const batch of given ?? words()) {
    matcher.give(batch);
    matcher.rest();
    yield matcher.take();
  }
  matcher.end();
  matcher.rest();
  yield matcher.take();
}

/** Looks for what groups list in the words of another channel. */
function lookingIn(words: () => AsyncGenerator<SpokenWord[]>): IsElsewhere {
  let window = wordWindow();
  let given: AsyncGenerator<SpokenWord[]> | undefined;
  return async (group) => {
    if (window.isPast(group)) {
      await given?.return(undefined);
      [window, given] = [wordWindow(), undefined];
    }
    while (!window.isReady(group)) {
      given ??= words();
      const { done, value } = await given.next();
      if (done) window.end();
      else window.give(value);
    }
    return window.has(group);
  };
}

async function* ownUtterances(
  batches: AsyncIterable<unknown[]>,
  number: number,
): AsyncGenerator<unknown[]> {
  for await (const batch of batches) {
    yield batch.filter((utterance) => channelOf(utterance) === number);
  }
}

async function* groupStream(utterances: AsyncIterable<unknown[]>): AsyncGenerator<WordGroup[]> {
  for await (const batch of utterances) {
    yield batch.map(utteranceGroup).filter((group) => group !== null);
  }
}

/**
 * The utterances of a channel, and its words, where these are what the utterances list: they are read
 * once for both. Whichever is ahead of the other waits for it in memory.
 */
function listedStreams(reader: StoredBodyReader, batches: AsyncGenerator<unknown[]>) {
  const utterances = waitingLine(reader);
  const words = waitingLine(reader);
  async function* taking(line: WaitingLine): AsyncGenerator<unknown[]> {
    for (;;) {
      const batch = line.shift();
      if (batch !== undefined) yield batch;
      else {
        const { done, value } = await batches.next();
        if (done) return;
        const listed = value.flatMap((utterance) => list(field(utterance, "words")));
        utterances.push(value, listed.length);
        words.push(listed, listed.length);
      }
    }
  }
  return { groups: groupStream(taking(utterances)), words: () => wordStream(taking(words), 0) };
}

type WaitingLine = ReturnType<typeof waitingLine>;

/** Batches that wait, first in, first out; `words` is how many each has. */
function waitingLine(reader: StoredBodyReader) {
  const hold = reader.account();
  const line: { batch: unknown[]; words: number }[] = [];
  let held = 0;
  return {
    push(batch: unknown[], words: number): void {
      line.push({ batch, words });
      held += words;
      hold(held * HELD_WORD_BYTES);
    },
    shift(): unknown[] | undefined {
      const first = line.shift();
      held -= first?.words ?? 0;
      hold(held * HELD_WORD_BYTES);
      return first?.batch;
    },
  };
}

async function* sentenceStream(
  reader: StoredBodyReader,
  { paragraphs }: ChannelLayout,
): AsyncGenerator<WordGroup[]> {
  for await (const batch of reader.array(paragraphs)) yield timedSentences(batch) ?? [];
}

/** The usable entries of a stored Deepgram `words` array, in batches. */
async function* wordStream(
  words: AsyncIterable<unknown[]>,
  from: number,
): AsyncGenerator<SpokenWord[]> {
  const { read, end } = wordReader(from);
  for await (const batch of words) yield read(batch);
  yield end();
}

/** Whether there are sentences and all of them have times. */
async function hasTimedSentences(
  reader: StoredBodyReader,
  { paragraphs }: ChannelLayout,
): Promise<boolean> {
  let isAny = false;
  for await (const batch of reader.array(paragraphs)) {
    const sentences = timedSentences(batch);
    if (sentences === null) return false;
    isAny ||= sentences.length > 0;
  }
  return isAny;
}

/** Words of many bytes are counted in proportion to the first ones, unless these leave a doubt. */
async function wordsSpellMost(
  reader: StoredBodyReader,
  { words, transcript }: ChannelLayout,
): Promise<boolean> {
  if (words === null) return false;
  const transcriptChars = await storedTextLength(reader, transcript);
  const share = SAMPLE_BYTES / (words.to - words.from);
  if (share < 1) {
    const chars = await charsIn(reader.head(words, SAMPLE_BYTES), Infinity);
    if (spellMost(chars / share / DOUBT, transcriptChars)) return true;
  }
  return spellMost(await charsIn(reader.array(words), transcriptChars), transcriptChars);
}

/** The characters of words, counted up to `enough`. */
async function charsIn(batches: AsyncGenerator<unknown[]>, enough: number): Promise<number> {
  let chars = 0;
  const { read, end } = wordReader(0);
  for await (const batch of batches) {
    chars += charsOf(read(batch));
    if (chars > 0 && chars >= enough) return chars;
  }
  return chars + charsOf(end());
}

async function transcriptOf(reader: StoredBodyReader, transcript: Range | null): Promise<string> {
  if (transcript === null) return "";
  const bytes = transcript.to - transcript.from;
  reader.account()(bytes);
  return text(JSON.parse(decoder.decode(await reader.read(transcript.from, bytes))));
}
