import { index, list, MAX_CHANNELS, time } from "../../deepgram/fields.ts";
import {
  areAlike,
  type BytesHash,
  hashMore,
  joinHashes,
  NO_BYTES,
} from "../../lib/json/bytes-hash.ts";
import type { Range } from "../../lib/json/elements.ts";
import { findOutline, type Outline } from "../../lib/json/outline.ts";
import type { Path } from "../../lib/json/scanner.ts";
import { channelLanguage, type Span } from "./segments.ts";
import { unshowable } from "./stored-body-reader.ts";

/** Where a Deepgram body has its text, and the little there is to know besides. */
export type Layout = {
  /** What the body speaks for. */
  span: Span;
  /** By number; a channel that is missing has no text of its own. */
  channels: Map<number, ChannelLayout>;
  /** By channel: from the first of its utterances to the last, those of others between them included. */
  utterances: Map<number, Range>;
  /** Bytes at which utterances begin, not all of them: one in each batch. */
  begins: number[];
  /** The channels whose words are those that their utterances list, byte for byte and in their order. */
  listed: Set<number>;
};

const COMMA = hashMore(NO_BYTES, new Uint8Array([0x2c]), 0, 1);

type Found = { outline: Outline; layout: () => Layout };

/**
 * Finds, in one pass over a body, what `segments` reads of it. Utterances will be read in batches of so
 * many bytes. Throws `unshowable` errors.
 */
export async function findLayout(
  chunks: AsyncIterable<Uint8Array>,
  batchBytes: number,
): Promise<Layout> {
  let type: unknown;
  const answer = answerLayout(batchBytes);
  const message = messageLayout();
  const outline: Outline = {
    members: {
      type: {
        value(json) {
          type = json;
        },
      },
      ...answer.outline.members,
      ...message.outline.members,
    },
  };
  if (!(await findOutline(outline, chunks))) throw unshowable("not-json");
  return type === "Results" ? message.layout() : answer.layout();
}

/** Of the answer to `/v1/listen`. */
function answerLayout(batchBytes: number): Found {
  let duration: unknown;
  let tooMany = false;
  const channels = new Map<number, ChannelLayout>();
  const utterances = new Map<number, Range>();
  let begins: number[] = [];
  /** Of what the utterances of a channel list. */
  const hashes = new Map<number, BytesHash>();
  const channel = channelOutline((found, path) => {
    if (channels.size === MAX_CHANNELS) tooMany = true;
    else channels.set(path.at(-1) as number, found);
  });
  const forgetDuration = () => {
    duration = undefined;
  };
  const forgetChannels = () => {
    channels.clear();
    tooMany = false;
  };
  const forgetUtterances = () => {
    utterances.clear();
    begins = [];
    hashes.clear();
  };
  const forgetResults = () => {
    forgetChannels();
    forgetUtterances();
  };
  const saveDuration = (json: unknown) => {
    duration = json;
  };
  let from = 0;
  let ofChannel = 0;
  let listed: BytesHash | null = null;
  const utterance: Outline = {
    begin(at) {
      from = at;
      if (from >= (begins.at(-1) ?? 0) + batchBytes) begins.push(from);
      ofChannel = 0;
      listed = null;
    },
    members: {
      words: {
        hash(inside) {
          listed = inside;
        },
      },
      channel: {
        value(json) {
          ofChannel = index(json) ?? 0;
        },
      },
    },
    end(to) {
      const range = utterances.get(ofChannel);
      if (range !== undefined) range.to = to;
      // One more than may be is enough to refuse the body.
      else if (utterances.size <= MAX_CHANNELS) utterances.set(ofChannel, { from, to });
      if (listed === null || listed.length === 0 || !utterances.has(ofChannel)) return;
      const before = hashes.get(ofChannel);
      const joined = before === undefined ? listed : joinHashes(joinHashes(before, COMMA), listed);
      hashes.set(ofChannel, joined);
    },
  };
  const outline: Outline = {
    members: {
      metadata: { begin: forgetDuration, members: { duration: { value: saveDuration } } },
      results: {
        begin: forgetResults,
        members: {
          channels: { begin: forgetChannels, elements: channel },
          utterances: { begin: forgetUtterances, elements: utterance },
        },
      },
    },
  };
  function layout(): Layout {
    if (tooMany || new Set([...channels.keys(), ...utterances.keys()]).size > MAX_CHANNELS) {
      throw unshowable("too-many-channels");
    }
    const isListed = (number: number, { wordsHash }: ChannelLayout) => {
      const hash = hashes.get(number);
      return hash !== undefined && wordsHash !== null && areAlike(hash, wordsHash);
    };
    const listed = new Set(
      [...channels].filter((one) => isListed(...one)).map(([number]) => number),
    );
    return { span: { start: 0, end: time(duration) ?? 0 }, channels, utterances, begins, listed };
  }
  return { outline, layout };
}

/** Of one streamed `Results` message. */
function messageLayout(): Found {
  const values: Record<string, unknown> = {};
  const save = (name: string): Outline => ({
    value(json) {
      values[name] = json;
    },
  });
  let channel: ChannelLayout | null = null;
  const found = channelOutline((layout) => {
    channel = layout;
  });
  const begin = () => {
    channel = null;
    found.begin?.(0);
  };
  const outline: Outline = {
    members: {
      channel_index: save("channel_index"),
      start: save("start"),
      duration: save("duration"),
      channel: { ...found, begin },
    },
  };
  function layout(): Layout {
    const start = time(values.start) ?? 0;
    const end = start + (time(values.duration) ?? 0);
    const number = index(list(values.channel_index)[0]) ?? 0;
    const channels = new Map(channel === null ? [] : [[number, channel]]);
    const none = { utterances: new Map(), begins: [], listed: new Set<number>() };
    return { span: { start, end }, channels, ...none };
  }
  return { outline, layout };
}

/** Where the first alternative of a Deepgram channel has its text in a body, and its language. */
export type ChannelLayout = {
  language: string | null;
  /** Of the string, with its quotes. */
  transcript: Range | null;
  words: Range | null;
  /** Of the bytes of `words`. */
  wordsHash: BytesHash | null;
  paragraphs: Range | null;
};

type Text = Omit<ChannelLayout, "language"> & { languages: unknown };

const NO_TEXT: Text = {
  transcript: null,
  words: null,
  wordsHash: null,
  paragraphs: null,
  languages: undefined,
};

/** Looks for channels; `found` is called at the end of each that has a language or any text. */
function channelOutline(found: (channel: ChannelLayout, path: Path) => void): Outline {
  let detected: unknown;
  let text = { ...NO_TEXT };
  const save =
    <Name extends keyof Text>(name: Name) =>
    (value: Text[Name]) => {
      text[name] = value;
    };
  const forget = () => {
    text = { ...NO_TEXT };
  };
  const paragraphs = {
    begin: () => save("paragraphs")(null),
    members: { paragraphs: { array: save("paragraphs") } },
  };
  const alternative = {
    transcript: { string: save("transcript") },
    words: { array: save("words"), hash: save("wordsHash") },
    languages: { value: save("languages") },
    paragraphs,
  };
  return {
    begin() {
      forget();
      detected = undefined;
    },
    members: {
      detected_language: {
        value(json) {
          detected = json;
        },
      },
      alternatives: { begin: forget, first: { members: alternative } },
    },
    end(_, path) {
      const { languages, ...ranges } = text;
      const alternatives = [{ languages }];
      const language = channelLanguage({ detected_language: detected, alternatives });
      if (language ?? ranges.transcript ?? ranges.words ?? ranges.paragraphs) {
        found({ language, ...ranges }, path);
      }
    },
  };
}
