import { inject } from "vitest";
import { MAX_HELD_BYTES } from "../../../src/lib/held-bytes.ts";
import { deliver } from "../../support/deliver.ts";
import { fc } from "../../support/fast-check.ts";
import { admitted, anyText } from "./values.ts";

/** How a body comes. */
export type Way = {
  method: "POST" | "PUT";
  /** Grown by white space beyond what is held in memory. */
  isLarge: boolean;
  /** By how much `Content-Length` is wrong; null leaves it out. */
  wrongBy: number | null;
  comes: "whole" | "in parts" | "broken off";
  headers: Record<string, string>;
};

/** As many streamed ones as there is time for. */
const HELD_FOR_ONE_LARGE = inject("isLong") ? 60 : 20;
/** More than any receiver takes. */
const TOO_LARGE_BYTES = 2 ** 30;
const PADDING = new Uint8Array(MAX_HELD_BYTES).fill(0x20);
const PARTS = 3;

const headers = fc.dictionary(
  fc.constantFrom("content-type", "content-encoding", "dg-token", "expect", "user-agent"),
  fc.oneof(anyText, fc.constantFrom("gzip", "br", "100-continue", "text/plain; charset=utf-16")),
  { maxKeys: 3 },
);

export const anyWay: fc.Arbitrary<Way> = fc.record({
  method: fc.constantFrom("POST", "PUT"),
  isLarge: fc.oneof(
    { weight: HELD_FOR_ONE_LARGE, arbitrary: fc.constant(false) },
    { weight: 1, arbitrary: fc.constant(true) },
  ),
  wrongBy: fc.oneof(
    { weight: 4, arbitrary: fc.constant(0) },
    { weight: 4, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.constantFrom(-1, 1, -100, 100, MAX_HELD_BYTES, TOO_LARGE_BYTES) },
  ),
  comes: fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom("whole" as const, "in parts" as const) },
    { weight: 1, arbitrary: fc.constant("broken off" as const) },
  ),
  headers: headers.map(admitted),
});

type Delivered = {
  answering: Promise<Response>;
  /** All of the body, also where it is broken off. */
  sent: Uint8Array<ArrayBuffer>;
  /** Why it cannot be taken, whatever it says. */
  fault: "too large" | "interrupted" | null;
};

type Shown = { env: Partial<Env>; path: string; authorization: string | null };

/** Delivers a body in that way. */
export function deliverBy(
  body: Uint8Array,
  { method, isLarge, wrongBy, comes, headers: odd }: Way,
  { env, ...door }: Shown,
): Delivered {
  const sent = isLarge ? new Uint8Array([...body, ...PADDING]) : new Uint8Array(body);
  const announced = wrongBy === null ? null : Math.max(sent.length + wrongBy, 0);
  const length: Record<string, string> =
    announced === null ? {} : { "content-length": String(announced) };
  const isCut = comes === "broken off";
  const answering = deliver(comes === "whole" ? sent : inParts(sent, isCut), {
    env,
    method,
    ...door,
    headers: { ...odd, ...length },
  });
  const isWhole = !isCut && (announced === null || announced === sent.length);
  const isTooLarge = announced !== null && announced >= TOO_LARGE_BYTES;
  return { answering, sent, fault: isTooLarge ? "too large" : isWhole ? null : "interrupted" };
}

/** Without a length of its own. The last part never comes where it is cut. */
function inParts(body: Uint8Array, isCut: boolean): ReadableStream<Uint8Array> {
  const size = Math.ceil(body.length / PARTS) || 1;
  let at = 0;
  return new ReadableStream({
    type: "bytes",
    pull(controller) {
      const isLast = at + size >= body.length;
      if (isCut && isLast) return controller.error(new Error("the sender is gone"));
      // A copy: what is secret is masked in place.
      if (at < body.length) controller.enqueue(body.slice(at, at + size));
      at += size;
      if (isLast) controller.close();
    },
  });
}
