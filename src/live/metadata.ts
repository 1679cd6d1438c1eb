import { withoutCredentials } from "../deepgram/callback.ts";
import { field, index, list, MAX_CHANNELS, text, time } from "../deepgram/fields.ts";
import { parseJson } from "../lib/bytes.ts";
import type { Messages } from "./document.ts";

/** More would make the status of a stream too long to read. */
const MAX_WARNINGS = 50;
const MAX_NOTE_CHARS = 2_000;
/** As many as a warning lists. */
const MAX_GAPS = 10;

type Members = Record<string, unknown>;

/**
 * `metadata` of the document: that of Deepgram's terminal message, and where it is missing, or lacks a
 * member, what the other messages tell.
 */
export function metadataOf(messages: Messages): Members {
  const [first] = messages.select("final");
  const terminal = terminalOf(messages);
  const { type: _, ...members } = terminal ?? {};
  const warnings = [...listOf(members.warnings), ...warningsOf(messages, terminal !== null)];
  return {
    ...fromFinal(first && parseJson(first.json)),
    duration: messages.end,
    channels: messages.channels,
    ...members,
    request_id: messages.requestId,
    ...(warnings.length > 0 && { warnings }),
  };
}

/** What the terminal message says of the audio; null before it came. */
export function terminalAudio(
  messages: Pick<Messages, "select">,
): { seconds: number; channels: number } | null {
  const terminal = terminalOf(messages);
  return (
    terminal && {
      seconds: time(terminal.duration) ?? 0,
      channels: Math.min(index(terminal.channels) ?? 1, MAX_CHANNELS),
    }
  );
}

/** Of several the one of the longest audio. */
function terminalOf({ select }: Pick<Messages, "select">): Members | null {
  let longest: Members | null = null;
  for (const { json } of select("metadata")) {
    const members = parseJson(json) as Members;
    const isLonger = Number(members.duration ?? 0) > Number(longest?.duration ?? -1);
    if (longest === null || isLonger) longest = members;
  }
  return longest;
}

/** A final has its one model flat in `model_info`. */
function fromFinal(final: unknown): Members {
  const own = field(final, "metadata");
  if (typeof own !== "object" || own === null) return {};
  const { model_info, model_uuid, ...others } = own as Members;
  const id = text(model_uuid);
  if (id === "") return others;
  return {
    ...others,
    models: [id],
    ...(model_info !== undefined && { model_info: { [id]: model_info } }),
  };
}

function warningsOf(messages: Messages, isComplete: boolean): Members[] {
  const warnings: Members[] = [];
  if (!isComplete && !messages.isLive) {
    const message = "The stream ended without Deepgram's terminal message: speech may be missing.";
    warnings.push({ type: "missing_terminal_message", message });
  }
  if (!messages.isLive) warnings.push(...incompleteAudio(messages));
  for (const { json } of messages.select("note")) {
    const message = withoutCredentials(json, MAX_NOTE_CHARS);
    warnings.push({ type: "stream_message", message });
    if (warnings.length >= MAX_WARNINGS) return warnings;
  }
  for (const outdone of outdoneFinals(messages)) {
    warnings.push(outdone);
    if (warnings.length >= MAX_WARNINGS) return warnings;
  }
  return warnings;
}

/** The channels of which finals leave audio out; how much is in seconds. */
function* incompleteAudio(messages: Messages): Generator<Members> {
  const { interims, select } = messages;
  const terminalSeconds = terminalAudio(messages)?.seconds ?? 0;
  const audioSeconds = Math.max(terminalSeconds, messages.end, interims.end);
  const [first] = select("final");
  const [, count] = list(field(first && parseJson(first.json), "channel_index"));
  const channels = Math.max(index(count) ?? 1, messages.channels, interims.channels);
  for (let channel = 0; channel < Math.min(channels, MAX_CHANNELS); channel++) {
    const left: Gap[] = [];
    let seconds = 0;
    for (const { start, end } of gaps(select("final", channel), audioSeconds)) {
      seconds += end - start;
      if (left.length < MAX_GAPS) left.push({ start: rounded(start), end: rounded(end) });
    }
    if (seconds <= REST_SECONDS) continue;
    const type = "incomplete_audio";
    const message = `Deepgram sent no final result for ${rounded(seconds)} s of the audio: words may be missing.`;
    yield { type, message, seconds: rounded(seconds), channel, gaps: left };
  }
}

/** Seconds to the millisecond: times are 32-bit floats. */
const rounded = (seconds: number): number => Number(seconds.toFixed(3));

/** Finals that begin where a longer one, or an equally long one, does. */
function* outdoneFinals({ select }: Messages): Generator<Members> {
  let last: { channel: number; start: number } | undefined;
  for (const { channel, start, json } of select("final")) {
    if (last?.channel === channel && last.start === start) {
      const message = "Deepgram sent more than one final result for the same time.";
      const result = field(parseJson(json), "channel");
      yield { type: "conflicting_result", message, channel, start, result };
    }
    last = { channel, start };
  }
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** A result's part of the audio, in seconds. */
type Span = { start: number; duration: number };

/** Audio that no final covers, in seconds. */
type Gap = { start: number; end: number };

/** Times are 32-bit floats: neighbours do not meet exactly. */
export const SLACK_SECONDS = 0.1;
/** The audio after the last result, too short for one. */
export const REST_SECONDS = 0.5;

/** The parts of the first `audioSeconds` that spans, in order of their start, leave out. */
function* gaps(spans: Iterable<Span>, audioSeconds: number): Generator<Gap> {
  let end = 0;
  for (const { start, duration } of spans) {
    if (start - end > SLACK_SECONDS) yield { start: end, end: start };
    end = Math.max(end, start + duration);
  }
  if (audioSeconds - end > REST_SECONDS) yield { start: end, end: audioSeconds };
}

/** Whether spans, in order of their start, leave none of the audio out. */
export const isCovered = (spans: Iterable<Span>, audioSeconds: number): boolean =>
  gaps(spans, audioSeconds).next().done === true;
