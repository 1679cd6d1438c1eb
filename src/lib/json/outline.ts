import { type BytesHash, hashMore, NO_BYTES } from "./bytes-hash.ts";
import type { Range } from "./elements.ts";
import { createScanner, type Path } from "./scanner.ts";

/** What is to be found of a JSON value. A callback hears of every duplicate; the last one counts. */
export type Outline = {
  /** It begins at the byte `at`. */
  begin?: (at: number) => void;
  /** It ended before the byte `at`; `path` is valid during the call only. */
  end?: (at: number, path: Path) => void;
  /** Of an object. */
  members?: Readonly<Record<string, Outline>>;
  /** Of an array: all elements alike, or the first one. */
  elements?: Outline;
  first?: Outline;
  /** The value itself; undefined where it takes more than 64 KiB. */
  value?: (json: unknown) => void;
  /** The bytes between the brackets of an array; null where it is none. */
  array?: (inside: Range | null) => void;
  /** As `array`, the hash of those bytes. */
  hash?: (inside: BytesHash | null) => void;
  /** The bytes of a string with its quotes; null where it is none. */
  string?: (whole: Range | null) => void;
};

const MAX_VALUE_BYTES = 64 * 1024;
const [QUOTE, OPEN_OBJECT, OPEN_ARRAY] = [0x22, 0x7b, 0x5b];

const decoder = new TextDecoder();

/** Finds all that an outline asks for, in one pass; false when the bytes are not one JSON text. */
export async function findOutline(
  outline: Outline,
  chunks: AsyncIterable<Uint8Array>,
): Promise<boolean> {
  let from = 0;
  let first = 0;
  /** Where the chunk begins that is read. */
  let base = 0;
  let chunk: Uint8Array = new Uint8Array();
  /** Of the array that is hashed; null while none is. */
  let hash: BytesHash | null = null;
  const hashTo = (to: number) => {
    if (hash !== null) hash = hashMore(hash, chunk, Math.max(0, from + 1 - base), to - base);
  };
  const scanner = createScanner(
    {
      begin(path, byte, at) {
        const wanted = outlineAt(outline, path);
        if (wanted === undefined) return "pass";
        wanted.begin?.(at);
        if (byte === OPEN_OBJECT && wanted.members !== undefined) return "enter";
        if (byte === OPEN_ARRAY && (wanted.elements ?? wanted.first) !== undefined) return "enter";
        from = at;
        first = byte;
        hash = wanted.hash !== undefined && byte === OPEN_ARRAY ? NO_BYTES : null;
        return wanted.value === undefined ? "pass" : "copy";
      },
      end(path, to, copied) {
        const wanted = outlineAt(outline, path);
        wanted?.array?.(first === OPEN_ARRAY ? { from: from + 1, to: to - 1 } : null);
        hashTo(to - 1);
        wanted?.hash?.(hash);
        hash = null;
        wanted?.string?.(first === QUOTE ? { from, to } : null);
        wanted?.value?.(copied === null ? undefined : JSON.parse(decoder.decode(copied)));
        wanted?.end?.(to, path);
      },
    },
    MAX_VALUE_BYTES,
  );
  for await (chunk of chunks) {
    scanner.push(chunk);
    hashTo(base + chunk.length);
    base += chunk.length;
  }
  return scanner.end();
}

function outlineAt(outline: Outline, path: Path): Outline | undefined {
  let found: Outline | undefined = outline;
  for (let depth = 0; depth < path.length && found !== undefined; depth++) {
    const step = path[depth] as string | number;
    if (typeof step === "number") found = found.elements ?? (step === 0 ? found.first : undefined);
    else found = memberOf(found, step);
  }
  return found;
}

function memberOf({ members }: Outline, name: string): Outline | undefined {
  return members !== undefined && Object.hasOwn(members, name) ? members[name] : undefined;
}
