import { concat } from "../bytes.ts";

export type Copy = {
  /** Begins at a byte of the current chunk; bytes past `maxBytes` spoil it. */
  begin: (at: number, maxBytes: number) => void;
  /** Takes the bytes up to `to`, which may change or go afterwards. */
  take: (chunk: Uint8Array, to: number) => void;
  nextChunk: () => void;
  /** All bytes up to `to`; null when no copy was started, or when there were too many. */
  end: (chunk: Uint8Array, to: number) => Uint8Array | null;
};

/** Collects a run of bytes that may reach over several chunks. */
export function createCopy(): Copy {
  let parts: Uint8Array[] | null = null;
  let from = 0;
  let bytes = 0;
  let max = 0;

  function take(chunk: Uint8Array, to: number): void {
    if (parts === null || to <= from) return;
    bytes += to - from;
    if (bytes <= max) parts.push(chunk.slice(from, to));
    else parts = [];
    from = to;
  }

  function end(chunk: Uint8Array, to: number): Uint8Array | null {
    if (parts === null) return null;
    take(chunk, to);
    const copied = bytes === 0 || bytes > max ? null : concat(parts);
    parts = null;
    return copied;
  }

  return {
    begin(at, maxBytes) {
      parts = [];
      from = at;
      bytes = 0;
      max = maxBytes;
    },
    take,
    nextChunk: () => {
      from = 0;
    },
    end,
  };
}
