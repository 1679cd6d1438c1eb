import { concat } from "../lib/bytes.ts";
import { type Action, createScanner, type Path, type Scanner } from "../lib/json/scanner.ts";
import { maskOfText } from "../lib/json/skip.ts";
import { SECRET_KEY } from "../lib/json/states.ts";

/**
 * A callback body read in chunks. `end` gives its JSON value without the speech: `metadata`, the
 * fields of errors, and of `results` the languages and which members it has; or tells why there is none.
 */
export type BodyReader = {
  /** Takes the next bytes, and masks in them what stands under any `callback_secret`, in UTF-16 too. */
  push: (chunk: Uint8Array) => void;
  /** The JSON value as far as it was read: only members that have come whole are in it. */
  soFar: () => unknown;
  /**
   * Where the `results` of a transcript begin, in bytes from the start; null before they do, and in what
   * is not JSON in UTF-8 up to there.
   */
  resultsAt: () => number | null;
  /** Also gives the first bytes, up to 4 KiB. */
  end: () => { isJson: boolean; json: unknown; head: Uint8Array };
};

type Branch = { [name: string | number]: unknown };

/** A larger value is no fact: it is read as absent. */
const MAX_VALUE_BYTES = 65_536;

/** What is read below one member of the document; what comes after is read as absent. */
const MAX_BRANCH_BYTES = 1_048_576;

const MAX_HEAD_BYTES = 4_096;

/** A value that nests deeper is no fact either: what writes it as JSON again may be recursive. */
const MAX_NESTING = 64;

/**
 * Members of `results` that show the kind of a result. They are read as empty containers: their
 * contents are no facts.
 */
const KIND_MEMBERS: readonly unknown[] = [
  "utterances",
  "summary",
  "topics",
  "intents",
  "sentiments",
];

/** About what a member takes besides its value. */
const MEMBER_BYTES = 64;

const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY] = [0x7b, 0x7d, 0x5b, 0x5d];
const [QUOTE, BACKSLASH] = [0x22, 0x5c];

const decoder = new TextDecoder();

/** Reads a callback body of any size in memory that does not grow with it. */
export function createBodyReader(): BodyReader {
  /** The containers that the current path goes through, the document first. */
  const trees: Branch[] = [];
  let json: unknown;
  /** Bytes read below each member of the document: none takes away the room of another. */
  const read = new Map<string | number, number>();

  function put(path: Path, value: unknown): void {
    const name = path.at(-1);
    if (name === undefined) json = value;
    // As a name, `__proto__` would not be set but obeyed.
    else if (name !== "__proto__") (trees[path.length - 1] as Branch)[name] = value;
  }

  /** Of a repeated name the last one counts, even when its value is not read. */
  function forget(path: Path): void {
    const name = path.at(-1);
    const tree = trees[path.length - 1];
    if (name !== undefined && tree && Object.hasOwn(tree, name)) put(path, undefined);
  }

  function hasRoom(path: Path, more: number): boolean {
    const name = path.length > 1 ? (path[0] ?? "") : "";
    const bytes = (read.get(name) ?? 0) + more;
    read.set(name, bytes);
    return bytes <= MAX_BRANCH_BYTES;
  }

  let resultsAt: number | null = null;

  function begin(path: Path, first: number, at: number): Action {
    const isResults = path.length === 1 && path[0] === "results" && first === OPEN_OBJECT;
    if (isResults && scanner.isValidSoFar()) resultsAt ??= at;
    const action = actionOf(path, first);
    forget(path);
    if (path.length === 2 && path[0] === "results" && KIND_MEMBERS.includes(path[1])) {
      if (first === OPEN_OBJECT || first === OPEN_ARRAY) put(path, first === OPEN_OBJECT ? {} : []);
      return "pass";
    }
    if (action === "pass" || action === "copy-secret") return action;
    const isCounted = path.length > 1 || action === "copy";
    if (isCounted && !hasRoom(path, MEMBER_BYTES)) return "pass";
    if (action === "copy") return action;
    const tree = (first === OPEN_OBJECT ? {} : []) as Branch;
    put(path, tree);
    trees[path.length] = tree;
    return "enter";
  }

  function end(path: Path, _at: number, copied: Uint8Array | null): void {
    if (copied === null) return;
    if (hasRoom(path, copied.length)) put(path, parsed(copied));
  }

  const scanner = createScanner({ begin, end }, MAX_VALUE_BYTES);
  /** Which of the encodings it is; null until its second byte has come. */
  let reading: ((chunk: Uint8Array) => void) | null = null;
  let first: Uint8Array | null = null;
  let isUtf16 = false;

  let head: Uint8Array = new Uint8Array();

  function push(chunk: Uint8Array): void {
    scan(chunk);
    if (head.length === MAX_HEAD_BYTES) return;
    head = concat([head, chunk.slice(0, MAX_HEAD_BYTES - head.length)]);
  }

  function scan(chunk: Uint8Array): void {
    if (reading !== null) {
      reading(chunk);
      return;
    }
    const two = first === null ? chunk : Uint8Array.of(...first, ...chunk.subarray(0, 1));
    if (two.length < 2) {
      first ??= chunk.length === 0 ? null : chunk.slice();
      return;
    }
    const encoding = utf16Of(two[0] as number, two[1] as number);
    isUtf16 = encoding !== null;
    reading = encoding === null ? scanner.push : createUtf16Masker(scanner, encoding);
    // Nothing to be masked is in the first byte.
    if (first !== null) reading(first);
    reading(chunk);
  }

  return {
    push,
    soFar: () => json,
    resultsAt: () => (isUtf16 ? null : resultsAt),
    end() {
      if (reading === null && first !== null) scanner.push(first);
      const isJson = scanner.end();
      return isUtf16 ? { isJson: false, json: undefined, head } : { isJson, json, head };
    },
  };
}

/** Undefined for a copy out of a body that is not JSON, and for a value that is no fact. */
function parsed(copied: Uint8Array): unknown {
  if (nesting(copied) > MAX_NESTING) return undefined;
  try {
    return JSON.parse(decoder.decode(copied));
  } catch {
    return undefined;
  }
}

/** How deep the containers of a JSON value stand in one another. */
function nesting(copied: Uint8Array): number {
  if (copied[0] !== OPEN_OBJECT && copied[0] !== OPEN_ARRAY) return 0;
  let [depth, deepest, isInString] = [0, 0, false];
  for (let at = 0; at < copied.length; at++) {
    const byte = copied[at];
    if (isInString && byte === BACKSLASH) at++;
    else if (byte === QUOTE) isInString = !isInString;
    else if (isInString) continue;
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) deepest = Math.max(deepest, ++depth);
    else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) depth--;
  }
  return deepest;
}

function actionOf(path: Path, first: number): Action {
  const [top, second, third, fourth, fifth, sixth] = path;
  const isObject = first === OPEN_OBJECT;
  const isArray = first === OPEN_ARRAY;
  const isString = first === QUOTE;
  switch (path.length) {
    case 0:
      return isObject ? "enter" : "pass";
    case 1:
      return isObject && (top === "metadata" || top === "results" || top === "extra")
        ? "enter"
        : "copy";
    case 2:
      if (top === "metadata") return isObject && second === "extra" ? "enter" : "copy";
      if (top === "extra") return isString && second === SECRET_KEY ? "copy-secret" : "copy";
      return isArray && second === "channels" ? "enter" : "pass";
    case 3:
      if (top === "metadata") return isString && third === SECRET_KEY ? "copy-secret" : "copy";
      return isObject ? "enter" : "pass";
    case 4:
      if (fourth === "detected_language") return "copy";
      return isArray && fourth === "alternatives" ? "enter" : "pass";
    case 5:
      return isObject && fifth === 0 ? "enter" : "pass";
    default:
      return sixth === "languages" ? "copy" : "pass";
  }
}

type Utf16 = "utf-16le" | "utf-16be";

/** Stands in place of a character beyond ASCII: no byte of JSON's own. */
const BEYOND_ASCII = 0x80;

/**
 * The UTF-16 encoding of a JSON text that begins with these two bytes, with a byte order mark or
 * without; null when it is not UTF-16.
 */
export function utf16Of(first: number, second: number): Utf16 | null {
  if (first === 0xff && second === 0xfe) return "utf-16le";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  if (first !== 0 && first < BEYOND_ASCII && second === 0) return "utf-16le";
  if (first === 0 && second !== 0 && second < BEYOND_ASCII) return "utf-16be";
  return null;
}

/**
 * Lets a scanner mask a text in UTF-16: it reads the ASCII characters, one byte each. A masked character
 * becomes an asterisk, in two bytes.
 */
function createUtf16Masker(
  scanner: Pick<Scanner, "push" | "isMasking">,
  encoding: Utf16,
): (chunk: Uint8Array) => void {
  const isLittleEndian = encoding === "utf-16le";
  const [lowAt, highAt] = isLittleEndian ? [0, 1] : [1, 0];
  /** The first byte of a character whose second one comes with the next chunk. */
  let half: number | null = null;
  /** Whether that byte was read, as of an ASCII character, and masked. */
  let isHalfRead = false;

  const narrowed = (low: number, high: number) =>
    high === 0 && low < BEYOND_ASCII ? low : BEYOND_ASCII;

  /** Reads the second byte of a character, whose first one is gone. */
  function finish(first: number, chunk: Uint8Array): void {
    const second = chunk[0] as number;
    if (isHalfRead) {
      chunk[0] = 0;
      return;
    }
    const given = isLittleEndian ? narrowed(first, second) : narrowed(second, first);
    const read = Uint8Array.of(given);
    scanner.push(read);
    if (read[0] !== given) chunk[0] = isLittleEndian ? 0 : (read[0] as number);
  }

  /** Masks the first byte of a character before its second one is there. */
  function begin(chunk: Uint8Array, at: number): void {
    half = chunk[at] as number;
    isHalfRead = isLittleEndian && scanner.isMasking();
    if (!scanner.isMasking()) return;
    if (isLittleEndian) {
      const read = Uint8Array.of(half < BEYOND_ASCII ? half : BEYOND_ASCII);
      scanner.push(read);
      chunk[at] = read[0] as number;
    } else chunk[at] = 0;
  }

  return (chunk) => {
    if (chunk.length === 0) return;
    let from = 0;
    if (half !== null) {
      finish(half, chunk);
      half = null;
      from = 1;
    }
    const characters = (chunk.length - from) >> 1;
    const given = new Uint8Array(characters);
    for (let index = 0; index < characters; index++) {
      const at = from + 2 * index;
      given[index] = narrowed(chunk[at + lowAt] as number, chunk[at + highAt] as number);
    }
    const read = given.slice();
    scanner.push(read);
    for (let index = 0; index < characters; index++) {
      if (read[index] === given[index]) continue;
      const at = from + 2 * index;
      chunk[at + lowAt] = read[index] ?? maskOfText;
      chunk[at + highAt] = 0;
    }
    if (from + 2 * characters < chunk.length) begin(chunk, chunk.length - 1);
  };
}
