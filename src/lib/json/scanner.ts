import { concat } from "../bytes.ts";
import { createBitStack, createSkipper, maskNumber, maskText } from "./skip.ts";
import * as states from "./states.ts";
import { isInKey, isInNumber, isInValue, isInWord } from "./states.ts";

/** Names of members and indices of elements, from the outermost container. */
export type Path = readonly (string | number)[];

/**
 * What is done with a value: its members are looked at, it is passed over, its bytes are copied, or, of
 * a string that is a secret, copied before they are masked. All else is copied masked.
 */
export type Action = "enter" | "pass" | "copy" | "copy-secret";

type Visitor = {
  /**
   * A value begins at the byte `at`; `first` is its first byte. Called for the document itself and for
   * the members of entered containers. The path is valid during the call only.
   */
  begin: (path: Path, first: number, at: number) => Action;
  /**
   * It ended before the byte `at`. `copied` is null unless it was to be copied, and for more bytes
   * than a copy may have.
   */
  end?: (path: Path, at: number, copied: Uint8Array | null) => void;
};

export type Scanner = {
  /** Takes the next bytes; masks in them every string and number under `SECRET_KEY`, at any depth. */
  push: (chunk: Uint8Array) => void;
  /** Whether the last byte was within a string or a number that is masked. */
  isMasking: () => boolean;
  /** Whether nothing so far is against JSON. */
  isValidSoFar: () => boolean;
  /** Says, after the last byte, whether all were one JSON text (RFC 8259) and nothing else. */
  end: () => boolean;
};

const [BACKSLASH, SPACE] = [0x5c, 0x20];
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/** Longer names are never looked for. */
const MAX_KEY_BYTES = 256;

const decoder = new TextDecoder();

/**
 * Reads a JSON text in chunks of any size, in memory that does not grow with it: proves it whole, and
 * shows a visitor what it wants to see. Masks secrets. Accepts what `JSON.parse` does of the same bytes decoded. After
 * an error it continues as if the offending byte were not there, so that all secrets are masked.
 */
export function createScanner(visitor: Visitor, maxCopyBytes: number): Scanner {
  const { TABLE, STATE, ACTION, INVALID, AGAIN, OPEN_OBJECT, OPEN_ARRAY } = states;
  const { CLOSE_OBJECT, CLOSE_ARRAY, COMMA, KEY, VALUE, COLON, COMMA_OR_END, NOTHING } = states;
  /** Of all open containers, whether each is an object. */
  const containers = createBitStack();
  /** Where the current value is in each entered container: these are the outermost ones. */
  const path: (string | number)[] = [];
  const skipper = createSkipper(containers);
  /** Whether a container is being skipped within these. */
  let isSkipping = false;
  const copy = createCopy();
  let isValid = true;
  let state = VALUE;
  let offset = 0;
  /** Whether the current value is the member `SECRET_KEY`. */
  let isSecret = false;
  /** Whether its bytes are copied before they are masked. */
  let isCopiedFirst = false;
  let markBytes = 0;

  function beginValue(chunk: Uint8Array, at: number): Action {
    const last = path.length - 1;
    if (last >= 0 && !containers.top()) path[last] = (path[last] as number) + 1;
    const first = chunk[at] as number;
    isSecret = last >= 0 && path[last] === states.SECRET_KEY;
    const action = visitor.begin(path, first, offset + at);
    isCopiedFirst = action === "copy-secret";
    if (action === "copy" || isCopiedFirst) copy.begin(at, maxCopyBytes);
    return action;
  }

  function endValue(chunk: Uint8Array, end: number): void {
    state = containers.depth() === 0 ? NOTHING : COMMA_OR_END;
    visitor.end?.(path, offset + end, copy.end(chunk, end));
  }

  function open(chunk: Uint8Array, at: number, isObject: boolean): void {
    const action = beginValue(chunk, at);
    containers.push(isObject);
    if (action === "enter" && !isSecret) path.push(isObject ? "" : -1);
    else {
      isSkipping = true;
      skipper.begin(isSecret);
    }
  }

  function close(chunk: Uint8Array, at: number, isObject: boolean): void {
    if (containers.depth() === 0 || containers.top() !== isObject) {
      isValid = false;
      return;
    }
    path.pop();
    containers.pop();
    endValue(chunk, at + 1);
  }

  function skip(chunk: Uint8Array, from: number): number {
    const end = skipper.skip(chunk, from);
    if (end === chunk.length) return end;
    isSkipping = false;
    containers.pop();
    endValue(chunk, end + 1);
    return end + 1;
  }

  /** One byte between tokens, or the first of one. */
  function structure(chunk: Uint8Array, at: number): void {
    const byte = chunk[at] as number;
    const next = TABLE[(state << 8) | byte] as number;
    if (next === (state | INVALID) && BYTE_ORDER_MARK[offset + at] === byte) markBytes++;
    else if (next >= INVALID) isValid = false;
    state = next & STATE;
    const action = next & ACTION;
    if (action === COMMA) state = containers.top() ? KEY : VALUE;
    else if (action === OPEN_OBJECT || action === OPEN_ARRAY)
      open(chunk, at, action === OPEN_OBJECT);
    else if (action === CLOSE_OBJECT || action === CLOSE_ARRAY)
      close(chunk, at, action === CLOSE_OBJECT);
    else if (isInKey(state)) copy.begin(at, MAX_KEY_BYTES);
    else if (state > NOTHING) {
      beginValue(chunk, at);
      if (isSecret && isInNumber(state)) maskNumber(chunk, at, at + 1);
    }
  }

  function key(chunk: Uint8Array, from: number): number {
    const end = tokenEnd(chunk, from, COLON);
    if (end === chunk.length) return end;
    path[path.length - 1] = keyOf(copy.end(chunk, end + 1));
    return end + 1;
  }

  function text(chunk: Uint8Array, from: number): number {
    const end = tokenEnd(chunk, from, COMMA_OR_END);
    if (isSecret) {
      if (isCopiedFirst) copy.take(chunk, end);
      maskText(chunk, from, end);
    }
    if (end === chunk.length) return end;
    endValue(chunk, end + 1);
    return end + 1;
  }

  /** The index of the quote after which a string has led to a state; the chunk's length without one. */
  function tokenEnd(chunk: Uint8Array, from: number, last: number): number {
    const table = TABLE;
    const end = chunk.length;
    let next = state;
    let at = from;
    for (; at < end; at++) {
      next = table[(next << 8) | (chunk[at] as number)] as number;
      if (next > STATE) {
        if (next >= INVALID) isValid = false;
        next &= STATE;
      }
      if (next === last) break;
      const row = next << 8;
      while (at + 1 < end && table[row | (chunk[at + 1] as number)] === next) at++;
    }
    state = next;
    return at;
  }

  /** A number or a literal. */
  function word(chunk: Uint8Array, from: number): number {
    for (let at = from; at < chunk.length; at++) {
      const isNumber = isInNumber(state);
      const next = TABLE[(state << 8) | (chunk[at] as number)] as number;
      if (next > STATE || !isInWord(next)) {
        const isBroken = (next & ACTION) === AGAIN;
        if (isBroken) isValid = false;
        const end = isNumber || isBroken ? at : at + 1;
        endValue(chunk, end);
        return end;
      }
      state = next;
      if (isSecret && isNumber) maskNumber(chunk, at, at + 1);
    }
    return chunk.length;
  }

  function push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) {
      if (isSkipping) at = skip(chunk, at);
      else if (state <= NOTHING) structure(chunk, at++);
      else if (isInValue(state)) at = text(chunk, at);
      else if (isInKey(state)) at = key(chunk, at);
      else at = word(chunk, at);
    }
    copy.take(chunk, chunk.length);
    copy.nextChunk();
    offset += chunk.length;
  }

  const isValidSoFar = () => isValid && skipper.isValid();

  function end(): boolean {
    if (isInNumber(state)) word(Uint8Array.of(SPACE), 0);
    const isMarkWhole = markBytes === 0 || markBytes === BYTE_ORDER_MARK.length;
    return isValidSoFar() && isMarkWhole && state === NOTHING;
  }

  const isMasking = () =>
    isSkipping ? skipper.isMasking() : isSecret && (isInValue(state) || isInNumber(state));

  return { push, isValidSoFar, end, isMasking };
}

/** Empty for a name that was too long or is no JSON string. */
function keyOf(quoted: Uint8Array | null): string {
  if (quoted === null) return "";
  let name = "";
  for (let at = 1; at < quoted.length - 1; at++) {
    const byte = quoted[at] as number;
    if (byte === BACKSLASH || byte > 0x7f) return decodedKey(quoted);
    name += String.fromCharCode(byte);
  }
  return name;
}

function decodedKey(quoted: Uint8Array): string {
  try {
    return JSON.parse(decoder.decode(quoted));
  } catch {
    return "";
  }
}

type Copy = {
  /** Begins at a byte of the current chunk; bytes past `maxBytes` spoil it. */
  begin: (at: number, maxBytes: number) => void;
  /** Takes the bytes up to `to`, which may change or go afterwards. */
  take: (chunk: Uint8Array, to: number) => void;
  nextChunk: () => void;
  /** All bytes up to `to`; null when no copy was started, or when there were too many. */
  end: (chunk: Uint8Array, to: number) => Uint8Array | null;
};

/** Collects a run of bytes that may reach over several chunks. */
function createCopy(): Copy {
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
