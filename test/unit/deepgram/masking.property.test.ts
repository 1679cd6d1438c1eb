import { expect, it } from "vitest";
import { createBodyReader } from "../../../src/deepgram/body-reader.ts";
import { fc } from "../../support/fast-check.ts";

/** Long, so that no other text has it by chance. */
const SECRET = "The-Secret-9f2c";
const MARK = "\u{E000}";

/** The key, each character plain or escaped. */
const key = fc
  .array(fc.constantFrom("plain", "lower", "UPPER"), { minLength: 15, maxLength: 15 })
  .map((ways) =>
    [..."callback_secret"]
      .map((char, at) => {
        const hex = char.charCodeAt(0).toString(16);
        if (ways[at] === "plain") return char;
        return `\\u00${ways[at] === "lower" ? hex : hex.toUpperCase()}`;
      })
      .join(""),
  );

/** JSON texts in which `MARK` stands in every string under the key, and nowhere else. */
const { marked } = fc.letrec<{ marked: string; value: string; secret: string }>((tie) => ({
  secret: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(`"${MARK}"`, `"a\\"${MARK}\\\\"`, `"é${MARK}\\u0041"`, "null", '""'),
    fc.array(tie("secret"), { maxLength: 3 }).map((items) => `[${items.join(",")}]`),
    fc
      .array(tie("secret"), { maxLength: 3 })
      .map((items) => `{${items.map((item, at) => `"k${at}" : ${item}`).join(" ,")}}`),
  ),
  value: fc.oneof(
    { maxDepth: 4 },
    fc.jsonValue({ maxDepth: 1 }).map((json) => JSON.stringify(json)),
    fc.array(tie("value"), { maxLength: 3 }).map((items) => `[${items.join(",")}]`),
    tie("marked"),
  ),
  marked: fc
    .array(
      fc.oneof(
        fc.tuple(key, tie("secret")),
        fc.tuple(
          fc.constantFrom("metadata", "extra", "results", "channels", "err_msg", "callback", "c"),
          tie("value"),
        ),
      ),
      { maxLength: 4 },
    )
    .map((members) => `{${members.map(([name, value]) => `"${name}": ${value}`).join(", ")}}`),
}));

const sizes = fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 40 });

function stored(bytes: Uint8Array, sizes: number[]): Uint8Array {
  const reader = createBodyReader();
  let from = 0;
  for (const size of [...sizes, bytes.length]) {
    reader.push(bytes.subarray(from, from + size));
    from = Math.min(from + size, bytes.length);
  }
  return bytes;
}

const encoder = new TextEncoder();

const utf16 = (text: string, isLittle: boolean, hasMark: boolean): Uint8Array => {
  const whole = hasMark ? `\u{FEFF}${text}` : text;
  const view = new DataView(new ArrayBuffer(2 * whole.length));
  for (let at = 0; at < whole.length; at++) {
    view.setUint16(2 * at, whole.charCodeAt(at), isLittle);
  }
  return new Uint8Array(view.buffer);
};

/** All strings under the key as what is stored should have them: bytes of asterisks. */
const masked = (text: string, bytesOf: (inner: string) => number) =>
  text.replace(
    new RegExp(`"((?:[^"\\\\]|\\\\.)*${MARK}(?:[^"\\\\]|\\\\.)*)"`, "g"),
    (_, inner: string) => `"${"*".repeat(bytesOf(inner.replaceAll(MARK, SECRET)))}"`,
  );

it("stores no secret, wherever it stands and however it comes, and changes nothing else", () => {
  fc.assert(
    fc.property(marked, sizes, (text, sizes) => {
      const given = encoder.encode(text.replaceAll(MARK, SECRET));
      const expected = masked(text, (inner) => encoder.encode(inner).length);
      expect(new TextDecoder().decode(stored(given, sizes))).toBe(expected);
    }),
    { numRuns: 1_000 },
  );
});

it("stores no secret of a text in UTF-16, and changes nothing else", () => {
  fc.assert(
    fc.property(marked, sizes, fc.boolean(), fc.boolean(), (text, sizes, isLittle, hasMark) => {
      const given = utf16(text.replaceAll(MARK, SECRET), isLittle, hasMark);
      const expected = utf16(
        masked(text, (inner) => inner.length),
        isLittle,
        hasMark,
      );
      expect(stored(given, sizes)).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});

it("masks what comes before a body breaks off", () => {
  fc.assert(
    fc.property(marked, sizes, fc.nat(), (text, sizes, cut) => {
      const whole = encoder.encode(text.replaceAll(MARK, SECRET));
      const given = whole.slice(0, cut % (whole.length + 1));
      const expected = encoder.encode(masked(text, (inner) => encoder.encode(inner).length));
      expect(stored(given, sizes)).toEqual(expected.slice(0, given.length));
    }),
    { numRuns: 500 },
  );
});
