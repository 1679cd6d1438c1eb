import type { Range } from "../../lib/json/elements.ts";
import { type ChannelLayout, channelOutline } from "./channel-layout.ts";
import type { Span } from "./channel-segments.ts";
import { index, list, time } from "./fields.ts";
import { MAX_CHANNELS } from "./limits.ts";
import { findOutline, type Outline } from "./outline.ts";
import { unshowable } from "./unshowable.ts";
import { type UtteranceRun, utteranceRuns } from "./utterance-runs.ts";

/** Where a Deepgram body has its text, and the little there is to know besides. */
export type Layout = {
  /** What the body speaks for. */
  span: Span;
  /** By number; a channel that is missing has no text of its own. */
  channels: Map<number, ChannelLayout>;
  /** Stretches of one channel each, or all as one where the channels take turns. */
  utterances: UtteranceRun[] | Range;
};

type Found = { outline: Outline; layout: () => Layout };

/** Finds, in one pass over a body, what `segments` reads of it. Throws `unshowable` errors. */
export async function findLayout(chunks: AsyncIterable<Uint8Array>): Promise<Layout> {
  let type: unknown;
  const answer = answerLayout();
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
function answerLayout(): Found {
  let duration: unknown;
  let utterances: UtteranceRun[] | Range = [];
  let tooMany = false;
  const channels = new Map<number, ChannelLayout>();
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
  const forgetResults = () => {
    forgetChannels();
    utterances = [];
  };
  const saveDuration = (json: unknown) => {
    duration = json;
  };
  const runs = utteranceRuns((found) => {
    utterances = found;
  });
  const outline: Outline = {
    members: {
      metadata: { begin: forgetDuration, members: { duration: { value: saveDuration } } },
      results: {
        begin: forgetResults,
        members: { channels: { begin: forgetChannels, elements: channel }, utterances: runs },
      },
    },
  };
  function layout(): Layout {
    if (tooMany) throw unshowable("too-many-channels");
    return { span: { start: 0, end: time(duration) ?? 0 }, channels, utterances };
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
    return { span: { start, end }, channels, utterances: [] };
  }
  return { outline, layout };
}
