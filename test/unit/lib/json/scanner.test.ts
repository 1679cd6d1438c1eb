import { describe, expect, it } from "vitest";
import { type Action, createScanner, type Path } from "../../../../src/lib/json/scanner.ts";
import { fc } from "../../../support/fast-check.ts";

const MAX_COPY_BYTES = 1_000_000;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

type Treat = (path: Path) => Action;
type Seen = { path: string; text: string | null };

/** Scans bytes in chunks of the given sizes (the last one repeats); the bytes may be masked. */
function scan(bytes: Uint8Array, sizes: number[] = [], treat: Treat = () => "pass") {
  const seen: Seen[] = [];
  const spans: [string, number, number][] = [];
  const starts: number[] = [];
  const scanner = createScanner(
    {
      begin: (path, _, at) => {
        starts.push(at);
        return treat(path);
      },
      end: (path, at, copied) => {
        spans.push([pathText(path), starts.pop() ?? -1, at]);
        if (copied) seen.push({ path: pathText(path), text: decoder.decode(copied) });
      },
    },
    MAX_COPY_BYTES,
  );
  let from = 0;
  for (const size of [...sizes, bytes.length]) {
    scanner.push(bytes.subarray(from, from + size));
    from = Math.min(from + size, bytes.length);
  }
  return { isValid: scanner.end(), seen, spans };
}

/** A JSON Pointer (RFC 6901). */
const pathText = (path: Path) =>
  path.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");

const isJson = (bytes: Uint8Array): boolean => {
  try {
    JSON.parse(decoder.decode(bytes));
    return true;
  } catch {
    return false;
  }
};

const sizes = fc.array(fc.integer({ min: 0, max: 9 }));

const json = fc
  .tuple(fc.jsonValue({ noUnicodeString: false } as never), fc.nat(2))
  .map(([value, indent]) => JSON.stringify(value, null, indent));

/** JSON texts with one to three bytes changed, left out or put in. */
const nearlyJson = fc
  .tuple(
    json,
    fc.array(fc.tuple(fc.nat(), fc.nat(2), fc.integer({ min: 0, max: 255 })), { maxLength: 3 }),
  )
  .map(([text, edits]) => {
    const bytes = [...encoder.encode(text)];
    for (const [place, remove, byte] of edits) {
      bytes.splice(place % (bytes.length + 1), remove, ...(byte % 3 === 0 ? [] : [byte]));
    }
    return new Uint8Array(bytes);
  });

/** Short texts of the bytes that matter, where most errors are. */
const tokens = fc
  .array(
    fc.constantFrom(
      ...["{", "}", "[", "]", ",", ":", '"', "\\", "u00e9", "n", "1", "0", "-", ".", "e", "+", "a"],
      ...["true", "false", "null", " ", "\n", '"a"', "\ufeff", "\u00a0", "\u0001", "é"],
    ),
    { maxLength: 9 },
  )
  .map((parts) => encoder.encode(parts.join("")));

describe("the scanner", () => {
  it.each([json.map((text) => encoder.encode(text)), nearlyJson, tokens, fc.uint8Array()])(
    "accepts exactly what JSON.parse does, however the bytes are cut (%#)",
    (texts) => {
      fc.assert(
        fc.property(texts, sizes, (bytes, sizes) => {
          expect(scan(bytes, sizes).isValid).toBe(isJson(bytes));
        }),
        { numRuns: 2_000 },
      );
    },
  );

  it.each([
    "",
    " ",
    "01",
    "-",
    "1.",
    "1e",
    "1e+",
    ".5",
    "+1",
    "1e999",
    "-0",
    "0e1",
    '"\\u12g4"',
    '"\\u1234"',
    '"\\x"',
    '"\t"',
    '"\\ud800"',
    "[1,]",
    "[,1]",
    '{"a":1,}',
    '{"a"}',
    '{"a":}',
    "{1:2}",
    "[}",
    "{]",
    "[1 2]",
    "1 2",
    "nul",
    "nulll",
    "truefalse",
    "[1]]",
    "\ufeff1",
    "\ufeff\ufeff1",
    "1\ufeff",
    "\u00a01",
    '{"__proto__":1}',
    '{"a":1,"a":2}',
  ])("judges %j as JSON.parse does", (text) => {
    const bytes = encoder.encode(text);
    expect(scan(bytes).isValid).toBe(isJson(bytes));
    expect(scan(bytes, Array(bytes.length).fill(1)).isValid).toBe(isJson(bytes));
  });

  it.each([
    [[0xef, 0x31]],
    [[0xef, 0xbb, 0x31]],
    [[0xef, 0xbb, 0xbf]],
    [[0xbb, 0x31]],
    [[0xef, 0x31, 0xbf]],
    [[0x22, 0xff, 0xc0, 0x22]],
    [[0x22, 0xe2, 0x22]],
  ])("judges the bytes %j as JSON.parse does", (numbers) => {
    const bytes = new Uint8Array(numbers);
    expect(scan(bytes).isValid).toBe(isJson(bytes));
    expect(scan(bytes, Array(bytes.length).fill(1)).isValid).toBe(isJson(bytes));
  });

  it("shows the values of every path, however the bytes are cut", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(2), sizes, (value, indent, sizes) => {
        const bytes = encoder.encode(JSON.stringify(value, null, indent));
        // As it is written: -0 is written 0.
        const wanted = leaves(JSON.parse(decoder.decode(bytes)));
        const isLeaf = (path: Path) => path.length >= 2 || wanted.has(pathText(path));
        const { seen } = scan(bytes, sizes, (path) => (isLeaf(path) ? "copy" : "enter"));
        const shown = new Map(seen.map(({ path, text }) => [path, JSON.parse(text ?? "")]));
        for (const [path, leaf] of wanted) expect(shown.get(path)).toEqual(leaf);
      }),
    );
  });

  it("tells where values begin and end", () => {
    const text = ' {"a": [10, {"b":"x"}] , "c":true}\n';
    const { spans } = scan(encoder.encode(text), [3, 5, 1, 1], (path) =>
      path.length < 2 ? "enter" : "pass",
    );
    expect(spans.map(([path, from, to]) => [path, text.slice(from, to)])).toEqual([
      ["/a/0", "10"],
      ["/a/1", '{"b":"x"}'],
      ["/a", '[10, {"b":"x"}]'],
      ["/c", "true"],
      ["", text.trim()],
    ]);
  });

  it("masks a secret string at equal length, and shows what it was where that is wanted", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), sizes, fc.boolean(), (secret, sizes, whole) => {
        const quoted = JSON.stringify(secret);
        const text = `{"x":${quoted},"callback_secret":${quoted},"y":[${quoted}]${whole ? "}" : ""}`;
        const stars = `"${"*".repeat(encoder.encode(quoted).length - 2)}"`;
        for (const action of ["copy-secret", "copy"] as const) {
          const bytes = encoder.encode(text);
          const { seen } = scan(bytes, sizes, (path) =>
            path.length === 0 ? "enter" : path[0] === "callback_secret" ? action : "pass",
          );
          const masked = text.replace(`secret":${quoted}`, () => `secret":${stars}`);
          expect(decoder.decode(bytes)).toBe(masked);
          const shown = action === "copy" ? stars : quoted;
          expect(seen).toEqual([{ path: "/callback_secret", text: shown }]);
        }
      }),
    );
  });

  it.each(["enter", "pass"] as const)("continues masking after an error: %s", (action) => {
    const bytes = encoder.encode('{"a":tru,, ]"callback_secret":"hidden"');
    const { isValid } = scan(bytes, [], (path) => (path.length === 0 ? action : "pass"));
    expect(isValid).toBe(false);
    expect(decoder.decode(bytes)).not.toContain("hidden");
  });

  it("gives up a copy that is too long, and continues", () => {
    const bytes = encoder.encode(`{"a":"${"x".repeat(MAX_COPY_BYTES)}","b":1}`);
    const { isValid, seen } = scan(bytes, [70_000], (path) =>
      path.length === 0 ? "enter" : "copy",
    );
    expect(isValid).toBe(true);
    expect(seen).toEqual([{ path: "/b", text: "1" }]);
  });

  it("takes 100,000 levels and a million names", () => {
    const deep = encoder.encode("[".repeat(100_000) + "]".repeat(100_000));
    expect(scan(deep).isValid).toBe(true);
    expect(scan(deep.subarray(0, -1)).isValid).toBe(false);
    const many = Array.from({ length: 1_000_000 }, (_, index) => `"${index}":0`);
    const enterAll: Treat = (path) => (path.length === 0 ? "enter" : "pass");
    expect(scan(encoder.encode(`{${many.join()}}`), [], enterAll).isValid).toBe(true);
  });
});

/** Every value at depth two, and shallower ones without members. */
function leaves(value: unknown): Map<string, unknown> {
  const found = new Map<string, unknown>();
  const visit = (inner: unknown, path: string[]): void => {
    const isContainer = typeof inner === "object" && inner !== null;
    if (path.length >= 2 || !isContainer) {
      found.set(pathText(path), inner);
      return;
    }
    for (const [name, member] of Object.entries(inner)) visit(member, [...path, name]);
  };
  visit(value, []);
  return found;
}
