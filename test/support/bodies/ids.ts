import { hex, pick, type Random, randomFrom } from "./random.ts";

/** 2026-11-02T09:00:00Z, in milliseconds: bodies are dated from here by default. */
export const FIRST_CALL_MS = Date.UTC(2026, 10, 2, 9);

const VARIANTS = ["8", "9", "a", "b"];

const hyphenated = (digits: string): string =>
  digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");

/** A UUID version 4 (RFC 9562 §5.4). */
export const uuid4 = (random: Random): string =>
  hyphenated(`${hex(random, 12)}4${hex(random, 3)}${pick(random, VARIANTS)}${hex(random, 15)}`);

/** A UUID version 7 (RFC 9562 §5.7) of the time `atMs`, as Deepgram's request ids are since 2026. */
export const uuid7 = (random: Random, atMs: number): string => {
  const time = atMs.toString(16).padStart(12, "0");
  return hyphenated(`${time}7${hex(random, 3)}${pick(random, VARIANTS)}${hex(random, 15)}`);
};

/** The request id that belongs to a seed: equal seeds and times give equal ids. */
export const requestIdFrom = (seed: number, atMs = FIRST_CALL_MS): string =>
  uuid7(randomFrom(seed ^ 0x1d5eed), atMs);
