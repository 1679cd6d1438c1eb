/** Where `callback_secret` can stand: in a transcript, and in the terminal streaming message. */
const SECRET_PATHS = [
  ["metadata", "extra", "callback_secret"],
  ["extra", "callback_secret"],
];

// The millions of keys of the words stand deeper and are never decoded.
const MAX_SECRET_DEPTH = 3;

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY] = [0x7b, 0x7d, 0x5b, 0x5d];
const [STAR, ZERO, UNDERSCORE] = [0x2a, 0x30, 0x5f];
const [LOWER_K, LOWER_S, LOWER_U] = [0x6b, 0x73, 0x75];

/**
 * Overwrites every `callback_secret` of a callback body with asterisks, in place and at equal
 * length; every other byte stays. A body that is cut short or is not JSON is masked as far as it
 * reads like JSON.
 */
export function maskSecrets(body: Uint8Array): void {
  if (!mayHoldSecret(body)) return;
  for (const [start, end] of secretRanges(body)) body.fill(STAR, start, end);
}

/** Only a key with `k_s`, or one written with an escape for ASCII (`\u00…`), can be the secret's. */
function mayHoldSecret(body: Uint8Array): boolean {
  return (
    hasAround(body, UNDERSCORE, (at) => body[at - 1] === LOWER_K && body[at + 1] === LOWER_S) ||
    hasAround(body, BACKSLASH, (at) => body[at + 1] === LOWER_U && body[at + 2] === ZERO)
  );
}

function hasAround(body: Uint8Array, byte: number, test: (at: number) => boolean): boolean {
  for (let at = body.indexOf(byte); at !== -1; at = body.indexOf(byte, at + 1)) {
    if (test(at)) return true;
  }
  return false;
}

function* secretRanges(body: Uint8Array): Generator<[start: number, end: number]> {
  // The key that is open at each depth; null inside an array.
  const path: (string | null)[] = [];
  let expectsKey = false;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at];
    if (byte === QUOTE) {
      const end = closingQuote(body, at + 1);
      if (!expectsKey) {
        if (isSecretPath(path)) yield [at + 1, end];
      } else if (path.length <= MAX_SECRET_DEPTH) {
        path[path.length - 1] = keyText(body, at, end);
      }
      at = end;
    } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      path.push(byte === OPEN_OBJECT ? "" : null);
      expectsKey = byte === OPEN_OBJECT;
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      path.pop();
      expectsKey = false;
    } else if (byte === COMMA) {
      expectsKey = typeof path.at(-1) === "string";
    } else if (byte === COLON) {
      expectsKey = false;
    }
  }
}

/** The index of the quote that ends the string whose first character is at `from`. */
function closingQuote(body: Uint8Array, from: number): number {
  let end = body.indexOf(QUOTE, from);
  while (end !== -1) {
    let slashes = 0;
    while (body[end - 1 - slashes] === BACKSLASH && end - slashes > from) slashes++;
    if (slashes % 2 === 0) return end;
    end = body.indexOf(QUOTE, end + 1);
  }
  return body.length;
}

/** Keys may be written with escapes: `callback\u005fsecret` is the same key. */
function keyText(body: Uint8Array, quote: number, end: number): string {
  try {
    return JSON.parse(new TextDecoder().decode(body.subarray(quote, end + 1)));
  } catch {
    return "";
  }
}

function isSecretPath(path: (string | null)[]): boolean {
  return SECRET_PATHS.some(
    (secret) => secret.length === path.length && secret.every((key, depth) => key === path[depth]),
  );
}
