import { timestamp, toMs } from "../captions/timestamp.ts";

/** Seconds as `HH:MM:SS`, rounded down; hours go past 24 and take more digits past 99. */
export function clock(seconds: number): string {
  const whole = timestamp(toMs(seconds));
  return whole.slice(0, whole.indexOf("."));
}
