/** A result's part of the audio, in seconds. */
export type Span = { start: number; duration: number };

/** Audio that no final covers, in seconds. */
export type Gap = { start: number; end: number };

/** Times are 32-bit floats: neighbours do not meet exactly. */
export const SLACK_SECONDS = 0.1;
/** The audio after the last result, too short for one. */
export const REST_SECONDS = 0.5;

/** The parts of the first `audioSeconds` that spans, in order of their start, leave out. */
export function* gaps(spans: Iterable<Span>, audioSeconds: number): Generator<Gap> {
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
