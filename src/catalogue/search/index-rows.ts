import { joinTokens, tokens } from "../../transcript/search/tokens.ts";
import { cleanText } from "../../transcript/segments/clean-text.ts";
import type { Segment } from "../../transcript/segments/segment.ts";

/** Changes with what the rows of a transcript are made of: an index in another form is made anew. */
export const FORM = "5";

/** Of one transcript, as the rowids of a month's index have room for. A body of 100 MB has at most 110. */
export const MAX_ROWS = 256;
/** Below the 2 MB that a value in SQLite may have in a Durable Object. */
const MAX_ROW_BYTES = 1_900_000;
/** Of all channels together: what is beyond becomes rows before the transcript is read to its end. */
const MAX_WAITING_BYTES = 6_000_000;
/** The tokens that a row shares with the one before it: as many as a phrase can have. */
const SHARED_TOKENS = 1_000;
/** No query has a longer word. */
const MAX_KEY_CHARS = 1_001;

/** Of the private use area: a token of its own, which no text has, so that no phrase reaches over it. */
const MARK = "\uE000";
const BEYOND_ASCII = /[^ -~]/;

type Channel = {
  /** Tokens as they are spelled. */
  spelled: string[];
  /** Tokens joined over apostrophes and the grouping of digits. */
  joined: string[];
  /** At the most, of both in UTF-8. */
  bytes: number;
};

export type RowMaker = {
  add: (segment: Segment) => void;
  /** The rows that are full; they are handed out once. */
  full: () => string[];
  /** The rows of the rest. */
  rest: () => string[];
};

/** Makes the rows of a transcript's segments, which come in order of time, for the index of its month. */
export function createRowMaker(): RowMaker {
  const channels = new Map<number, Channel>();
  let full: string[] = [];
  let bytesHeld = 0;
  const flush = (channel: Channel): void => {
    full.push(textOf(channel));
    bytesHeld -= channel.bytes;
    channel.spelled = channel.spelled.slice(-SHARED_TOKENS);
    channel.joined = channel.joined.slice(-SHARED_TOKENS);
    channel.bytes = bytesOf(channel.spelled) + bytesOf(channel.joined);
    bytesHeld += channel.bytes;
  };
  return {
    add(segment) {
      const channel = channels.get(segment.channel) ?? { spelled: [], joined: [], bytes: 0 };
      channels.set(segment.channel, channel);
      const text = cleanText(segment.text);
      const found = tokens(text);
      for (const { key, first, last } of joinTokens(text, found)) {
        const spelled = found.slice(first, last + 1).map((token) => clip(token.key));
        const joined = clip(key);
        const bytes = bytesOf(spelled) + bytesOf([joined]);
        if (channel.bytes + bytes > MAX_ROW_BYTES) flush(channel);
        channel.spelled.push(...spelled);
        channel.joined.push(joined);
        channel.bytes += bytes;
        bytesHeld += bytes;
      }
      if (bytesHeld > MAX_WAITING_BYTES) flush(longest(channels));
    },
    full() {
      const rows = full;
      full = [];
      return rows;
    },
    rest: () => [...full, ...together([...channels.values()])],
  };
}

function longest(channels: Map<number, Channel>): Channel {
  return [...channels.values()].reduce((a, b) => (b.bytes > a.bytes ? b : a));
}

/** The texts of channels in as few rows as they fit into. */
function together(channels: Channel[]): string[] {
  const rows: string[][] = [];
  let room = 0;
  for (const channel of channels) {
    if (channel.spelled.length === 0) continue;
    if (room < channel.bytes) {
      rows.push([]);
      room = MAX_ROW_BYTES;
    }
    rows.at(-1)!.push(textOf(channel));
    room -= channel.bytes;
  }
  return rows.map((texts) => texts.join(` ${MARK} `));
}

/** The tokens of a channel, and after a mark the joined ones where they differ. */
function textOf({ spelled, joined }: Channel): string {
  if (spelled.length === joined.length) return spelled.join(" ");
  return `${spelled.join(" ")} ${MARK} ${joined.join(" ")}`;
}

const clip = (key: string): string =>
  key.length > MAX_KEY_CHARS ? key.slice(0, MAX_KEY_CHARS) : key;

/** At the most, in UTF-8, with a space after each. */
const bytesOf = (keys: readonly string[]): number =>
  keys.reduce((sum, key) => sum + 1 + key.length * (BEYOND_ASCII.test(key) ? 3 : 1), 0);
