/** A stretch of audio in seconds. */
export type Stretch = { start: number; duration: number };

/** Times are 32-bit floats: neighbours do not meet exactly. */
const GAP_SECONDS = 0.1;
/** The audio after the last result, too short for one. */
const REST_SECONDS = 0.5;

/** Whether stretches, in order of their start, leave none of the audio out. */
export function isCovered(stretches: Iterable<Stretch>, duration: number): boolean {
  let end = 0;
  for (const { start, duration: length } of stretches) {
    if (start - end > GAP_SECONDS) return false;
    end = Math.max(end, start + length);
  }
  return duration - end <= REST_SECONDS;
}
