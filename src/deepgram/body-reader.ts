import { createScanner, type Path, type Treatment } from "../json/scanner.ts";

/**
 * A callback body read in chunks. `end` gives its JSON value without the speech: `metadata`, the
 * fields of errors, and of `results` the languages; or tells why there is none.
 */
export type BodyReader = {
  /** Takes the next bytes, and masks every `callback_secret` in them. */
  push: (chunk: Uint8Array) => void;
  /** The JSON value as far as it was read: only members that have come whole are in it. */
  soFar: () => unknown;
  end: () => { isJson: boolean; json: unknown };
};

type Branch = { [name: string | number]: unknown };

/** A larger value is no fact: it is read as absent. */
const MAX_VALUE_BYTES = 65_536;

/** What is read below one member of the document; what comes after is read as absent. */
const MAX_BRANCH_BYTES = 1_048_576;

/** About what a member takes besides its value. */
const MEMBER_BYTES = 64;

const [OPEN_OBJECT, OPEN_ARRAY, QUOTE] = [0x7b, 0x5b, 0x22];

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

  function begin(path: Path, first: number): Treatment {
    const treatment = treatmentOf(path, first);
    forget(path);
    if (treatment === "pass" || treatment === "mask") return treatment;
    const isCounted = path.length > 1 || treatment === "copy";
    if (isCounted && !hasRoom(path, MEMBER_BYTES)) return "pass";
    if (treatment === "copy") return treatment;
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
  return {
    push: scanner.push,
    soFar: () => json,
    end: () => ({ isJson: scanner.end(), json }),
  };
}

/** Undefined for a copy out of a body that is not JSON. */
function parsed(copied: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(copied));
  } catch {
    return undefined;
  }
}

function treatmentOf(path: Path, first: number): Treatment {
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
      if (top === "extra") return isString && second === "callback_secret" ? "mask" : "copy";
      return isArray && second === "channels" ? "enter" : "pass";
    case 3:
      if (top === "metadata") return isString && third === "callback_secret" ? "mask" : "copy";
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
