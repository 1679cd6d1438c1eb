import { withoutCredentials } from "../deepgram/error-body.ts";
import { parseJson } from "../parse-json.ts";
import { field, text } from "../segments/fields.ts";
import type { Messages } from "./document.ts";

/** More would make the status of a stream too long to read. */
const MAX_WARNINGS = 50;
const MAX_NOTE_CHARS = 2_000;

type Members = Record<string, unknown>;

/**
 * `metadata` of the document: that of Deepgram's terminal message, and where it is missing, or lacks a
 * member, what the other messages tell.
 */
export function metadataOf(messages: Messages): Members {
  const [first] = messages.select("final");
  const terminal = terminalOf(messages);
  const { type: _, ...told } = terminal ?? {};
  const warnings = [...listOf(told.warnings), ...warningsOf(messages, terminal !== null)];
  return {
    ...fromFinal(first && parseJson(first.json)),
    duration: messages.end,
    channels: messages.channels,
    ...told,
    request_id: messages.requestId,
    ...(warnings.length > 0 && { warnings }),
  };
}

/** Of several the one of the longest audio. */
function terminalOf({ select }: Messages): Members | null {
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
