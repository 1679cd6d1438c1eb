/** What may come next between two tokens: the first states of the table. */
export const VALUE = 0;
export const VALUE_OR_END = 1;
export const KEY = 2;
export const KEY_OR_END = 3;
export const COLON = 4;
export const COMMA_OR_END = 5;
export const NOTHING = 6;

/** The state that an entry of the table leads to. */
export const STATE = 0xff;

/** What else is to be done there. */
export const ACTION = 0x700;
export const OPEN_OBJECT = 1 << 8;
export const OPEN_ARRAY = 2 << 8;
export const CLOSE_OBJECT = 3 << 8;
export const CLOSE_ARRAY = 4 << 8;
export const COMMA = 5 << 8;
/** The byte broke a token off and is to be looked at once more. */
export const AGAIN = 6 << 8;
/** The byte ended a key that is `SECRET_KEY`, written plainly or with escapes. */
export const SECRET = 7 << 8;

/** The byte should not stand there. */
export const INVALID = 1 << 11;

/** The name of the members whose values are masked. */
export const SECRET_KEY = "callback_secret";

// A string and what follows a backslash in it, `\u` counting down its digits; keys 6 further on.
const STRING = 7;
const ESCAPE = 8;
const HEX_DIGITS = 8;
const IN_KEY = 6;
// How far a number has come: the states of `nextOfNumber`, which begin at 1.
const NUMBERS = 19;
const LITERALS = 28;
const LITERAL_REST = ["rue", "alse", "ull"];
// A key of which so many characters are those of `SECRET_KEY`; and after each of them, the five states
// of a next one that is written `\u00XX`.
const SECRETS = LITERALS + LITERAL_REST.join("").length;
const ESCAPED_SECRETS = SECRETS + SECRET_KEY.length + 1;
const UNICODE_ESCAPE = 5;
const STATES = ESCAPED_SECRETS + SECRET_KEY.length * UNICODE_ESCAPE;

const [NONE, MINUS, ZERO, INTEGER, POINT, FRACTION, E, SIGN, EXPONENT] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8,
];

const ESCAPED = '"\\/bfnrt';

const code = (char: string) => char.charCodeAt(0);
const isHex = (byte: number) => /[0-9a-fA-F]/.test(String.fromCharCode(byte));
const isSpace = (byte: number) => " \t\n\r".includes(String.fromCharCode(byte));

/** The state after each literal's first byte, and from there after each next byte. */
const literalBytes = LITERAL_REST.flatMap((rest, literal) => {
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
 * `state << 8 | byte`. An invalid byte is skipped, so that reading continues.
 */
export const TABLE = withSecretKeys(
  new Uint16Array(STATES << 8).map((_, index) =>
    index < SECRETS << 8 ? entry(index >>> 8, index & 0xff) : 0,
  ),
);

/** Whether the state is within a string that is a value; its quotes are not. */
export const isInValue = (state: number): boolean => state >= STRING && state < STRING + IN_KEY;

/** Whether the state is within a number. */
export const isInNumber = (state: number): boolean => state > NUMBERS && state < LITERALS;

/** Whether the state is within a number or a literal. */
export const isInWord = (state: number): boolean => state > NUMBERS && state < SECRETS;

/** Whether the state is within the name of a member. */
export const isInKey = (state: number): boolean =>
  state >= SECRETS || (state >= STRING + IN_KEY && state <= NUMBERS - 1);

/** Adds the states that tell `SECRET_KEY` from other keys, so that no key takes a step more than before. */
function withSecretKeys(table: Uint16Array): Uint16Array {
  const row = (state: number, as: number, exits: [bytes: string, next: number][]) => {
    table.copyWithin(state << 8, as << 8, (as + 1) << 8);
    for (const [bytes, next] of exits) {
      for (const byte of bytes) table[(state << 8) | code(byte)] = next;
    }
  };
  [...SECRET_KEY].forEach((char, at) => {
    const escaped = ESCAPED_SECRETS + at * UNICODE_ESCAPE;
    const [high = "", low = ""] = code(char).toString(16);
    const either = low + low.toUpperCase();
    row(SECRETS + at, STRING + IN_KEY, [
      [char, SECRETS + at + 1],
      ["\\", escaped],
    ]);
    row(escaped, ESCAPE + IN_KEY, [["u", escaped + 1]]);
    row(escaped + 1, HEX_DIGITS + 4 + IN_KEY, [["0", escaped + 2]]);
    row(escaped + 2, HEX_DIGITS + 3 + IN_KEY, [["0", escaped + 3]]);
    row(escaped + 3, HEX_DIGITS + 2 + IN_KEY, [[high, escaped + 4]]);
    row(escaped + 4, HEX_DIGITS + 1 + IN_KEY, [[either, SECRETS + at + 1]]);
  });
  row(SECRETS + SECRET_KEY.length, STRING + IN_KEY, [['"', COLON | SECRET]]);
  return table;
}

function entry(state: number, byte: number): number {
  if (state <= NOTHING) return structure(state, byte);
  if (state < STRING + IN_KEY) return string(state, byte, 0);
  if (state < NUMBERS) return string(state - IN_KEY, byte, IN_KEY);
  if (state < LITERALS) return number(state - NUMBERS, byte);
  const found = literalBytes.find((known) => known.state === state);
  return found?.byte === byte ? found.next : COMMA_OR_END | AGAIN | INVALID;
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
      return state === KEY || state === KEY_OR_END ? SECRETS : STRING | may(VALUE, VALUE_OR_END);
  }
  const numberState = nextOfNumber(NONE, byte);
  const found = literalBytes.find(({ opener }) => opener === byte);
  if (numberState === 0 && found === undefined) return state | INVALID;
  return (found?.state ?? NUMBERS + numberState) | may(VALUE, VALUE_OR_END);
}

function string(state: number, byte: number, key: number): number {
  const inside = STRING + key;
  if (state > ESCAPE) {
    // `\u1`: the next digit, or after the fourth the string continues.
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
  const next = nextOfNumber(state, byte);
  if (next !== 0) return NUMBERS + next;
  const mayEnd = [ZERO, INTEGER, FRACTION, EXPONENT].includes(state);
  return mayEnd ? structure(COMMA_OR_END, byte) : COMMA_OR_END | AGAIN | INVALID;
}

/** How far a number (RFC 8259, section 6) has come after one more byte; 0 when that is no part of it. */
function nextOfNumber(state: number, byte: number): number {
  const char = String.fromCharCode(byte);
  const isDigit = /[0-9]/.test(char);
  const integer = char === "0" ? ZERO : isDigit ? INTEGER : NONE;
  const fraction = char === "." ? POINT : NONE;
  const exponent = char === "e" || char === "E" ? E : NONE;
  switch (state) {
    case NONE:
      return char === "-" ? MINUS : integer;
    case MINUS:
      return integer;
    case ZERO:
      return fraction || exponent;
    case INTEGER:
      return isDigit ? INTEGER : fraction || exponent;
    case POINT:
      return isDigit ? FRACTION : NONE;
    case FRACTION:
      return isDigit ? FRACTION : exponent;
    case E:
      return char === "+" || char === "-" ? SIGN : isDigit ? EXPONENT : NONE;
    default:
      return isDigit ? EXPONENT : NONE;
  }
}
