import { parseJson } from "../lib/bytes.ts";
import type { Segment } from "../transcript/segments/segment.ts";
import { segments } from "../transcript/segments/segments.ts";

/** How the marks of segments begin. */
export const SEGMENT_MARK = "segment-";

/** An event line for each segment of a `Results` message. */
export function segmentLines(
  message: { seq: number; heard: number; json: string } | { interim: string },
): string {
  const isFinal = "seq" in message;
  const json = parseJson(isFinal ? message.json : message.interim);
  return segments(json)
    .map((segment, index): LiveEvent => {
      const name = isFinal ? `${SEGMENT_MARK}${padded(message.seq)}-${padded(index)}` : "";
      return { at: isFinal ? { ms: message.heard, name } : null, is_final: isFinal, segment };
    })
    .map((event) => `${JSON.stringify(event)}\n`)
    .join("");
}

/** Names are in order as texts. */
const padded = (number: number) => String(number).padStart(9, "0");

/** A segment as listeners get it; `at` is null where a later one will replace it. */
export type LiveEvent = {
  at: { ms: number; name: string } | null;
  is_final: boolean;
  segment: Segment;
};

/** Listeners further behind are disconnected; they reconnect and resume where they were. */
const MAX_WAITING_LINES = 1_000;

type Listener = { push: (line: string) => void; end: () => void };

/** Those who follow a stream. Each is sent lines of text. */
export function createListeners() {
  const listeners = new Set<Listener>();
  const encoder = new TextEncoder();

  /** First the lines of `past`, which are read as they are sent, then each that is pushed. */
  function listen(past: Iterator<string>): ReadableStream<Uint8Array> {
    const waiting: string[] = [];
    let isEnded = false;
    let wake = () => {};
    const listener: Listener = {
      push(line) {
        if (waiting.push(line) > MAX_WAITING_LINES) listener.end();
        wake();
      },
      end() {
        isEnded = true;
        listeners.delete(listener);
        wake();
      },
    };
    const next = async (): Promise<string | undefined> => {
      const { value, done } = past.next();
      if (!done) return value;
      while (waiting.length === 0 && !isEnded) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return waiting.shift();
    };
    listeners.add(listener);
    return new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          const line = await next();
          if (line === undefined) controller.close();
          else controller.enqueue(encoder.encode(line));
        },
        cancel: listener.end,
      },
      { highWaterMark: 0 },
    );
  }

  return {
    listen,
    push: (line: string) => {
      for (const { push } of listeners) push(line);
    },
    end: () => {
      for (const { end } of listeners) end();
    },
    isEmpty: () => listeners.size === 0,
  };
}
