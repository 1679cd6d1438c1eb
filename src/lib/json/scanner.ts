import { createBitStack } from "./bit-stack.ts";
import { createCopy } from "./copy.ts";
import { maskNumber, maskText } from "./mask.ts";
import { isAccepting, nextNumberState, numberStart } from "./number-states.ts";
import { createSkipper } from "./skip.ts";
import {
  COLON as COLON_,
  COMMA_OR_END,
  KEY,
  KEY_OR_END,
  NOTHING,
  SECRET_KEY,
  VALUE,
  VALUE_OR_END,
} from "./states.ts";

/** Names of members and indices of elements, from the outermost container. */
export type Path = readonly (string | number)[];

/**
 * What is done with a value: its members are looked at, it is passed over, its bytes are copied, or, of
 * a string that is a secret, copied before they are masked. All else is copied masked.
 */
export type Action = "enter" | "pass" | "copy" | "copy-secret";

export type Visitor = {
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

// The token that a chunk may break off in.
const [NONE, STRING, ESCAPE, NUMBER, LITERAL] = [0, 1, 2, 3, 4];

const [QUOTE, BACKSLASH, COMMA, COLON, LOWER_U] = [0x22, 0x5c, 0x2c, 0x3a, 0x75];
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY] = [0x7b, 0x7d, 0x5b, 0x5d];
const [SPACE, TAB, LINE_FEED, CARRIAGE_RETURN] = [0x20, 0x09, 0x0a, 0x0d];
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

const ESCAPED = new Set([...'"\\/bfnrt'].map((char) => char.charCodeAt(0)));
const LITERALS = new Map(["true", "false", "null"].map((word) => [word.charCodeAt(0), word]));

/** Longer names are never looked for. */
const MAX_KEY_BYTES = 256;

const decoder = new TextDecoder();

/**
 * Reads a JSON text in chunks of any size, in memory that does not grow with it: proves it whole, and
 * shows a visitor what it wants to see. Masks secrets. Accepts what `JSON.parse` does of the same bytes decoded. After
 * an error it continues as if the offending byte were not there, so that all secrets are masked.
 */
export function createScanner(visitor: Visitor, maxCopyBytes: number): Scanner {
  /** Of all open containers, whether each is an object. */
  const containers = createBitStack();
  /** Where the current value is in each entered container: these are the outermost ones. */
  const path: (string | number)[] = [];
  const passer = createSkipper(containers);
  /** Whether a container is being passed over within these. */
  let isPassing = false;
  const copy = createCopy();
  let isValid = true;
  let wanted = VALUE;
  let token = NONE;
  let offset = 0;
  let isKey = false;
  /** Whether the current value is the member `SECRET_KEY`. */
  let isSecret = false;
  /** Whether its bytes are copied before they are masked. */
  let isCopiedFirst = false;
  let numberState = 0;
  let hexDigitsLeft = 0;
  let literal = "";
  let literalAt = 0;
  let markBytes = 0;

  function beginValue(chunk: Uint8Array, at: number): Action {
    if (wanted !== VALUE && wanted !== VALUE_OR_END) isValid = false;
    const last = path.length - 1;
    if (last >= 0 && !containers.top()) path[last] = (path[last] as number) + 1;
    const first = chunk[at] as number;
    isSecret = last >= 0 && path[last] === SECRET_KEY;
    const action = visitor.begin(path, first, offset + at);
    isCopiedFirst = action === "copy-secret";
    if (action === "copy" || isCopiedFirst) copy.begin(at, maxCopyBytes);
    return action;
  }

  function endValue(chunk: Uint8Array, end: number): void {
    wanted = containers.depth() === 0 ? NOTHING : COMMA_OR_END;
    visitor.end?.(path, offset + end, copy.end(chunk, end));
  }

  function open(chunk: Uint8Array, at: number, isObject: boolean): void {
    const action = beginValue(chunk, at);
    containers.push(isObject);
    wanted = isObject ? KEY_OR_END : VALUE_OR_END;
    if (action === "enter" && !isSecret) path.push(isObject ? "" : -1);
    else {
      isPassing = true;
      passer.begin(isSecret);
    }
  }

  function close(chunk: Uint8Array, at: number, isObject: boolean): void {
    const isEmpty = wanted === (isObject ? KEY_OR_END : VALUE_OR_END);
    if (!isEmpty && wanted !== COMMA_OR_END) isValid = false;
    if (containers.depth() === 0 || containers.top() !== isObject) {
      isValid = false;
      return;
    }
    path.pop();
    containers.pop();
    endValue(chunk, at + 1);
  }

  function passed(chunk: Uint8Array, from: number): number {
    const end = passer.pass(chunk, from);
    if (end === chunk.length) return end;
    isPassing = false;
    containers.pop();
    endValue(chunk, end + 1);
    return end + 1;
  }

  function openString(chunk: Uint8Array, at: number): void {
    token = STRING;
    isKey = wanted === KEY || wanted === KEY_OR_END;
    if (!isKey) beginValue(chunk, at);
    else copy.begin(at, MAX_KEY_BYTES);
  }

  function closeString(chunk: Uint8Array, at: number): void {
    token = NONE;
    if (isKey) {
      wanted = COLON_;
      path[path.length - 1] = keyOf(copy.end(chunk, at + 1));
    } else endValue(chunk, at + 1);
  }

  /** One byte between tokens, or the first of one. */
  function structure(chunk: Uint8Array, at: number): void {
    const byte = chunk[at] as number;
    if (byte === SPACE || byte === LINE_FEED || byte === CARRIAGE_RETURN || byte === TAB) return;
    if (byte === QUOTE) openString(chunk, at);
    else if (byte === COMMA) {
      if (wanted !== COMMA_OR_END) isValid = false;
      wanted = containers.top() ? KEY : VALUE;
    } else if (byte === COLON) {
      if (wanted !== COLON_) isValid = false;
      wanted = VALUE;
    } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) open(chunk, at, byte === OPEN_OBJECT);
    else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) close(chunk, at, byte === CLOSE_OBJECT);
    else word(chunk, at, byte);
  }

  function word(chunk: Uint8Array, at: number, byte: number): void {
    numberState = numberStart(byte);
    literal = LITERALS.get(byte) ?? "";
    literalAt = 1;
    if (numberState !== 0) token = NUMBER;
    else if (literal !== "") token = LITERAL;
    if (token !== NONE) {
      beginValue(chunk, at);
      if (isSecret && token === NUMBER) maskNumber(chunk, at, at + 1);
    } else if (BYTE_ORDER_MARK[offset + at] === byte) markBytes++;
    else isValid = false;
  }

  function string(chunk: Uint8Array, from: number): number {
    let at = from;
    for (; at < chunk.length; at++) {
      const byte = chunk[at] as number;
      if (byte === QUOTE) break;
      if (byte === BACKSLASH) {
        token = ESCAPE;
        hexDigitsLeft = 0;
        return mask(chunk, from, at + 1);
      }
      if (byte < SPACE) isValid = false;
    }
    mask(chunk, from, at);
    if (at === chunk.length) return at;
    closeString(chunk, at);
    return at + 1;
  }

  function escaped(chunk: Uint8Array, at: number): number {
    const byte = chunk[at] as number;
    if (hexDigitsLeft > 0) {
      if (!isHexDigit(byte)) isValid = false;
      hexDigitsLeft--;
    } else if (byte === LOWER_U) hexDigitsLeft = 4;
    else if (!ESCAPED.has(byte)) isValid = false;
    if (hexDigitsLeft === 0) token = STRING;
    return mask(chunk, at, at + 1);
  }

  function mask(chunk: Uint8Array, from: number, to: number): number {
    if (isSecret && !isKey) {
      if (isCopiedFirst) copy.take(chunk, to);
      maskText(chunk, from, to);
    }
    return to;
  }

  function number(chunk: Uint8Array, from: number): number {
    for (let at = from; at < chunk.length; at++) {
      const next = nextNumberState(numberState, chunk[at] as number);
      if (next === 0) {
        closeNumber(chunk, at);
        return at;
      }
      numberState = next;
      if (isSecret) maskNumber(chunk, at, at + 1);
    }
    return chunk.length;
  }

  function closeNumber(chunk: Uint8Array, end: number): void {
    if (!isAccepting(numberState)) isValid = false;
    token = NONE;
    endValue(chunk, end);
  }

  function literalBytes(chunk: Uint8Array, at: number): number {
    const isNext = chunk[at] === literal.charCodeAt(literalAt);
    if (!isNext) isValid = false;
    const end = isNext ? at + 1 : at;
    literalAt++;
    if (isNext && literalAt < literal.length) return end;
    token = NONE;
    endValue(chunk, end);
    return end;
  }

  function push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) {
      if (isPassing) at = passed(chunk, at);
      else if (token === NONE) structure(chunk, at++);
      else if (token === STRING) at = string(chunk, at);
      else if (token === ESCAPE) at = escaped(chunk, at);
      else if (token === NUMBER) at = number(chunk, at);
      else at = literalBytes(chunk, at);
    }
    copy.take(chunk, chunk.length);
    copy.nextChunk();
    offset += chunk.length;
  }

  const isValidSoFar = () => isValid && passer.isValid();

  function end(): boolean {
    if (token === NUMBER) closeNumber(new Uint8Array(), 0);
    const isMarkWhole = markBytes === 0 || markBytes === BYTE_ORDER_MARK.length;
    return isValidSoFar() && isMarkWhole && token === NONE && wanted === NOTHING;
  }

  function isMasking(): boolean {
    if (isPassing) return passer.isMasking();
    const isInString = (token === STRING || token === ESCAPE) && !isKey;
    return isSecret && (isInString || token === NUMBER);
  }

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

const isHexDigit = (byte: number) =>
  (byte >= 0x30 && byte <= 0x39) ||
  (byte >= 0x41 && byte <= 0x46) ||
  (byte >= 0x61 && byte <= 0x66);
