import { MAX_HELD_BYTES } from "../lib/held-bytes.ts";
import { createStringMasker } from "../lib/mask-strings.ts";

/** Byte strings that a body which is no transcript may quote, and that are masked in it. */
export type Quotable = () => Promise<Uint8Array[]>;

type Parts = AsyncIterable<Uint8Array | null>;

/**
 * The parts of a large body; null where the sender broke off. `findResults` tells where the `results` of a
 * transcript begin in what has come so far, in bytes from the start. A transcript stays as it came: its
 * first parts wait for its `results`, up to `MAX_HELD_BYTES`. What comes later than that and before
 * `results` is masked, and all of a body without them.
 */
export async function* maskQuoted(
  parts: Parts,
  findResults: () => number | null,
  quotable: Quotable,
): AsyncGenerator<Uint8Array | null> {
  const masker = createLazyMasker(quotable);
  const held: Uint8Array[] = [];
  let bytes = 0;
  let isMasking = false;
  let isTranscript = false;
  for await (const part of parts) {
    if (part === null || isTranscript) {
      yield part;
      continue;
    }
    bytes += part.length;
    const resultsAt = findResults();
    isTranscript = resultsAt !== null;
    if (resultsAt !== null && isMasking) {
      const before = part.length - (bytes - resultsAt);
      yield* masker.push(part.subarray(0, before));
      yield* masker.end();
      yield part.subarray(before);
      continue;
    }
    held.push(part);
    if (!isTranscript && bytes <= MAX_HELD_BYTES) continue;
    isMasking = !isTranscript;
    for (const one of held.splice(0)) {
      if (isTranscript) yield one;
      else yield* masker.push(one);
    }
  }
  if (isTranscript) return;
  for (const one of held) yield* masker.push(one);
  yield* masker.end();
}

/** Asks for what is masked when there is something to mask it in; gives no empty parts. */
function createLazyMasker(quotable: Quotable) {
  let asked: Promise<ReturnType<typeof createStringMasker>> | null = null;
  const ask = () => {
    asked ??= quotable().then(createStringMasker);
    return asked;
  };
  async function* push(part: Uint8Array): AsyncGenerator<Uint8Array> {
    const ready = (await ask()).push(part);
    if (ready.length > 0) yield ready;
  }
  async function* end(): AsyncGenerator<Uint8Array> {
    const left = (await ask()).end();
    if (left.length > 0) yield left;
  }
  return { push, end };
}
