import { isAccepting, nextNumberState, numberStart } from "./number-states.ts";

/** What may come next between two tokens: the first states of the table. */
export const VALUE = 0;
export const VALUE_OR_END = 1;
export const KEY = 2;
export const KEY_OR_END = 3;
export const COLON = 4;
export const COMMA_OR_END = 5;
export const NOTHING = 6;

/** The state that an entry of the table leads to. */
export const STATE = 0x3f;

/** What else is to be done there. */
export const ACTION = 0x1c0;
export const OPEN_OBJECT = 1 << 6;
export const OPEN_ARRAY = 2 << 6;
export const CLOSE_OBJECT = 3 << 6;
export const CLOSE_ARRAY = 4 << 6;
export const COMMA = 5 << 6;
/** The byte broke a token off and is to be looked at once more. */
export const AGAIN = 6 << 6;

/** The byte should not stand there. */
export const INVALID = 1 << 9;

// A string and what follows a backslash in it, `\u` counting down its digits; keys 6 further on.
const STRING = 7;
const ESCAPE = 8;
const HEX_DIGITS = 8;
const IN_KEY = 6;
// The states of number-states.ts, which begin at 1.
const NUMBERS = 19;
const LITERALS = 28;

const LITERAL_REST = ["rue", "alse", "ull"];
const ESCAPED = '"\\/bfnrt';

const code = (char: string) => char.charCodeAt(0);
const isHex = (byte: number) => /[0-9a-fA-F]/.test(String.fromCharCode(byte));
const isSpace = (byte: number) => " \t\n\r".includes(String.fromCharCode(byte));

/** Where each literal's first letter leads, and from there each letter to the next. */
const letters = LITERAL_REST.flatMap((rest, literal) => {
  const first = LITERALS + LITERAL_REST.slice(0, literal).join("").length;
  return [...rest].map((char, at) => ({
    state: first + at,
    byte: code(char),
    next: at === rest.length - 1 ? COMMA_OR_END : first + at + 1,
    opener: at === 0 ? code("tfn"[literal] as string) : null,
  }));
});

/**
 * For each state and byte of a JSON text (RFC 8259) within a container the next state, with flags: at
 * `state << 8 | byte`. What should not stand there is passed over, so that reading goes on.
 */
export const TABLE = new Uint16Array((LITERALS + letters.length) << 8).map((_, index) =>
  entry(index >>> 8, index & 0xff),
);

function entry(state: number, byte: number): number {
  if (state <= NOTHING) return structure(state, byte);
  if (state < STRING + IN_KEY) return string(state, byte, 0);
  if (state < NUMBERS) return string(state - IN_KEY, byte, IN_KEY);
  if (state < LITERALS) return number(state - NUMBERS, byte);
  const letter = letters.find((known) => known.state === state);
  return letter?.byte === byte ? letter.next : COMMA_OR_END | AGAIN | INVALID;
}

function structure(state: number, byte: number): number {
  const may = (...states: number[]) => (states.includes(state) ? 0 : INVALID);
  if (isSpace(byte)) return state;
  switch (String.fromCharCode(byte)) {
    case "{":
      return KEY_OR_END | OPEN_OBJECT | may(VALUE, VALUE_OR_END);
    case "[":
      return VALUE_OR_END | OPEN_ARRAY | may(VALUE, VALUE_OR_END);
    case "}":
      return state | CLOSE_OBJECT | may(KEY_OR_END, COMMA_OR_END);
    case "]":
      return state | CLOSE_ARRAY | may(VALUE_OR_END, COMMA_OR_END);
    case ",":
      return state | COMMA | may(COMMA_OR_END);
    case ":":
      return VALUE | may(COLON);
    case '"':
      return state === KEY || state === KEY_OR_END
        ? STRING + IN_KEY
        : STRING | may(VALUE, VALUE_OR_END);
  }
  const numberState = numberStart(byte);
  const letter = letters.find(({ opener }) => opener === byte);
  if (numberState === 0 && letter === undefined) return state | INVALID;
  return (letter?.state ?? NUMBERS + numberState) | may(VALUE, VALUE_OR_END);
}

function string(state: number, byte: number, key: number): number {
  const inside = STRING + key;
  if (state > ESCAPE) {
    // `\u1`: the next digit, or after the fourth the string goes on.
    const left = state - HEX_DIGITS - 1;
    return (left === 0 ? inside : state - 1 + key) | (isHex(byte) ? 0 : INVALID);
  }
  if (state === ESCAPE) {
    if (byte === code("u")) return HEX_DIGITS + 4 + key;
    return inside | (ESCAPED.includes(String.fromCharCode(byte)) ? 0 : INVALID);
  }
  if (byte === code('"')) return key === 0 ? COMMA_OR_END : COLON;
  if (byte === code("\\")) return ESCAPE + key;
  return inside | (byte < 0x20 ? INVALID : 0);
}

function number(state: number, byte: number): number {
  const next = nextNumberState(state, byte);
  if (next !== 0) return NUMBERS + next;
  return isAccepting(state) ? structure(COMMA_OR_END, byte) : COMMA_OR_END | AGAIN | INVALID;
}
