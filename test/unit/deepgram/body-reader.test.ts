import { describe, expect, it } from "vitest";
import { createBodyReader } from "../../../src/deepgram/body-reader.ts";
import { fc } from "../../support/fast-check.ts";

function masked(text: string): string {
  const bytes = new TextEncoder().encode(text);
  createBodyReader().push(bytes);
  return new TextDecoder().decode(bytes);
}

describe("the callback_secret", () => {
  it.each([
    ["{}", "{}"],
    [
      '{"metadata":{"extra":{"callback_secret":"abc","a":"abc"}}}',
      '{"metadata":{"extra":{"callback_secret":"***","a":"abc"}}}',
    ],
    [
      '{"type":"Metadata","extra":{"callback_secret":"abc"}}',
      '{"type":"Metadata","extra":{"callback_secret":"***"}}',
    ],
    // White space, escapes in the value, and a quote that is not its end.
    [
      '{ "metadata" : { "extra" : { "callback_secret" : "a\\"b\\\\" } } }',
      '{ "metadata" : { "extra" : { "callback_secret" : "******" } } }',
    ],
    // A key may be written with escapes.
    [
      '{"metadata":{"extra":{"callback\\u005fsecret":"abc"}}}',
      '{"metadata":{"extra":{"callback\\u005fsecret":"***"}}}',
    ],
    // Of a repeated key the last counts; the others are secrets all the same.
    [
      '{"metadata":{"extra":{"callback_secret":"abc"}},"metadata":{"extra":{"callback_secret":"d"}}}',
      '{"metadata":{"extra":{"callback_secret":"***"}},"metadata":{"extra":{"callback_secret":"*"}}}',
    ],
    // Behind the transcript, and behind arrays that hold keys of the same name.
    [
      '{"results":[{"callback_secret":"abc"},["x"]],"metadata":{"a":[1],"extra":{"b":{},"callback_secret":"ü"}}}',
      '{"results":[{"callback_secret":"***"},["x"]],"metadata":{"a":[1],"extra":{"b":{},"callback_secret":"**"}}}',
    ],
    // Cut short.
    [
      '{"metadata":{"extra":{"callback_secret":"abcdef',
      '{"metadata":{"extra":{"callback_secret":"******',
    ],
    // Wherever the key stands.
    [
      '{"callback_secret":"abc","results":{"extra":{"callback_secret":"abc"}},"a":"abc"}',
      '{"callback_secret":"***","results":{"extra":{"callback_secret":"***"}},"a":"abc"}',
    ],
    [
      '[{"metadata":["extra",{"callback_secret":"abc"}]},"abc"]',
      '[{"metadata":["extra",{"callback_secret":"***"}]},"abc"]',
    ],
    // Numbers stay numbers; containers keep their keys, and end the secret where they end.
    [
      '{"metadata":{"callback_secret":-120.5e07,"b":12},"err":{"callback_secret":304,"b":12}}',
      '{"metadata":{"callback_secret":-111.1e11,"b":12},"err":{"callback_secret":111,"b":12}}',
    ],
    [
      '{"metadata":{"extra":{"callback_secret":{"a":["bc",{"d":null}],"e":1},"f":"g"}},"h":["i"]}',
      '{"metadata":{"extra":{"callback_secret":{"a":["**",{"d":null}],"e":1},"f":"g"}},"h":["i"]}',
    ],
    [
      '{"x":[{"callback_secret":["ab",{"callback_secret":"c"},"d"]},"e",{"callback_secrets":"f"}]}',
      '{"x":[{"callback_secret":["**",{"callback_secret":"*"},"*"]},"e",{"callback_secrets":"f"}]}',
    ],
    // What is not the key.
    [
      '{"x":{"callback\\secret":"a","callback_secre":"b","Callback_secret":"c","y":"callback_secret"}}',
      '{"x":{"callback\\secret":"a","callback_secre":"b","Callback_secret":"c","y":"callback_secret"}}',
    ],
  ])("makes of %s", (given, expected) => {
    expect(masked(given)).toBe(expected);
  });

  it("changes the secret alone, whatever stands around it", () => {
    const field = fc.tuple(fc.string({ unit: "grapheme" }), fc.jsonValue());
    fc.assert(
      fc.property(
        fc.array(field),
        fc.array(field),
        fc.string({ unit: "grapheme", minLength: 1 }),
        fc.nat(4),
        (before, after, secret, indent) => {
          const withSecret = (value: string) => {
            const extra = { ...Object.fromEntries(before), callback_secret: value };
            const metadata = { ...Object.fromEntries(before), extra };
            const body = { ...Object.fromEntries(before), metadata, ...noMetadata(after) };
            return JSON.stringify(body, null, indent);
          };
          const bytes = new TextEncoder().encode(JSON.stringify(secret)).length - 2;
          expect(masked(withSecret(secret))).toBe(withSecret("*".repeat(bytes)));
        },
      ),
    );
  });

  it("never throws and never changes the length of any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
        const prefix = new TextEncoder().encode('{"metadata":{"extra":{"callback_secret":"');
        const body = new Uint8Array([...prefix, ...noise]);
        createBodyReader().push(body);
        expect(body.length).toBe(prefix.length + noise.length);
      }),
    );
  });
});

function noMetadata(fields: [string, unknown][]) {
  return Object.fromEntries(fields.filter(([name]) => name !== "metadata" && name !== "extra"));
}

describe("the JSON value", () => {
  const read = (text: string) => {
    const reader = createBodyReader();
    reader.push(new TextEncoder().encode(text));
    return reader.end();
  };

  it("has of a repeated name the last value, and none where that is too large to be a fact", () => {
    const large = "b".repeat(70_000);
    expect(read('{"metadata":{"a":1,"a":2}}').json).toEqual({ metadata: { a: 2 } });
    const { json } = read(`{"metadata":{"a":1,"a":"${large}"}}`);
    expect(json).toEqual({ metadata: { a: undefined } });
  });

  it("has no fields by way of __proto__", () => {
    const { json } = read('{"metadata":{"__proto__":{"request_id":"x"},"extra":{"__proto__":{}}}}');
    expect((json as { metadata: Record<string, unknown> }).metadata.request_id).toBeUndefined();
  });

  it("has a bounded size, whatever the body has", () => {
    const field = (_: unknown, index: number) => `"f${index}":"${"x".repeat(60_000)}"`;
    const { isJson, json } = read(`{"metadata":{${Array.from({ length: 40 }, field).join(",")}}}`);
    expect(isJson).toBe(true);
    expect(JSON.stringify(json).length).toBeLessThan(1_100_000);
  });
});
