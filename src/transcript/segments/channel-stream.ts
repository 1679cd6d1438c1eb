import type { Range } from "../../lib/json/elements.ts";
import type { BodyReader } from "./body-reader.ts";
import type { ChannelLayout } from "./channel-layout.ts";
import { bareTranscript, type Span } from "./channel-segments.ts";
import { text } from "./fields.ts";
import { wordGrouper } from "./group-words.ts";
import { hasTimedSentences, paragraphStream } from "./paragraph-stream.ts";
import type { Segment } from "./segment.ts";
import { charsOf, spellMost } from "./spell-most.ts";
import { spokenStream } from "./spoken-stream.ts";
import { wordReader } from "./spoken-words.ts";
import { storedTextLength } from "./stored-text-length.ts";

const SAMPLE_BYTES = 1024 * 1024;
const DOUBT = 1.5;

const decoder = new TextDecoder();

/** As `channelSegments`, from a stored body. */
export async function* channelStream(
  reader: BodyReader,
  layout: ChannelLayout,
  number: number,
  span: Span,
): AsyncGenerator<Segment[]> {
  const origin = { channel: number, language: layout.language };
  const words = () => spokenStream(reader, layout.words, span.start);
  if (await hasTimedSentences(reader, layout)) {
    yield* paragraphStream(reader, layout, words(), origin);
  } else if (await wordsSpellMost(reader, layout)) {
    const grouper = wordGrouper(origin);
    for await (const batch of words()) yield grouper.push(batch);
    yield grouper.end();
  } else {
    yield bareTranscript(await transcriptOf(reader, layout.transcript), span, origin);
  }
}

/** Words of many bytes are counted in proportion to the first ones, unless these leave a doubt. */
async function wordsSpellMost(
  reader: BodyReader,
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

async function transcriptOf(reader: BodyReader, transcript: Range | null): Promise<string> {
  if (transcript === null) return "";
  const bytes = transcript.to - transcript.from;
  reader.account()(bytes);
  return text(JSON.parse(decoder.decode(await reader.read(transcript.from, bytes))));
}
