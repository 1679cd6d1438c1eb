/** How far a JSON number (RFC 8259, section 6) has come. */
export type NumberState = number;

const [NONE, MINUS, ZERO, INTEGER, POINT, FRACTION, E, SIGN, EXPONENT] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8,
];

const isDigit = (byte: number) => byte >= 0x30 && byte <= 0x39;
const isE = (byte: number) => byte === 0x65 || byte === 0x45;
const isSign = (byte: number) => byte === 0x2b || byte === 0x2d;
const isPoint = (byte: number) => byte === 0x2e;

/** The state after a number's first byte; 0 when no number begins with it. */
export function numberStart(byte: number): NumberState {
  if (byte === 0x30) return ZERO;
  if (isDigit(byte)) return INTEGER;
  return byte === 0x2d ? MINUS : NONE;
}

/** The state after one more byte; 0 when it does not belong to the number. */
export const nextNumberState = (state: NumberState, byte: number): NumberState =>
  TABLE[(state << 8) | byte] as number;

function stateAfter(state: NumberState, byte: number): NumberState {
  switch (state) {
    case MINUS:
      return byte === 0x30 ? ZERO : isDigit(byte) ? INTEGER : NONE;
    case INTEGER:
      if (isDigit(byte)) return INTEGER;
      return isPoint(byte) ? POINT : isE(byte) ? E : NONE;
    case ZERO:
      return isPoint(byte) ? POINT : isE(byte) ? E : NONE;
    case POINT:
      return isDigit(byte) ? FRACTION : NONE;
    case FRACTION:
      return isDigit(byte) ? FRACTION : isE(byte) ? E : NONE;
    case E:
      return isDigit(byte) ? EXPONENT : isSign(byte) ? SIGN : NONE;
    case SIGN:
    case EXPONENT:
      return isDigit(byte) ? EXPONENT : NONE;
    default:
      return NONE;
  }
}

/** Whether a number may end here. */
export const isAccepting = (state: NumberState): boolean =>
  state === ZERO || state === INTEGER || state === FRACTION || state === EXPONENT;

const TABLE = new Uint8Array((EXPONENT + 1) << 8).map((_, index) =>
  stateAfter(index >>> 8, index & 0xff),
);
