import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { MAX_HELD_BYTES } from "../../../src/lib/held-bytes.ts";
import { listObjects } from "../../../src/store/bucket.ts";
import { deliver, SECRET } from "../../support/deliver.ts";
import { fc } from "../../support/fast-check.ts";
import { call, job } from "../../support/jobs.ts";

// Whatever comes of a verified body, and wherever it breaks: no object that is stored has a string under
// `callback_secret`, and none but a whole result has a credential that it quotes.

const PAIR = "deepgram:first-password";
const QUOTED = [SECRET, PAIR, btoa(PAIR).replace(/=+$/, ""), encodeURIComponent(PAIR)];
/** Of nobody that we know; it stands only under `callback_secret`. */
const UNKNOWN = "of-another-receiver";
/** Tells the bodies of a run from those of the runs before. */
const ID = "00000000-0000-4000-8000-000000000019";

const quote = fc.constantFrom(...QUOTED).map((one) => `was ${one} there`);
const padding = fc.constant(" ".repeat(MAX_HELD_BYTES + 1_000));
const secret = fc.constantFrom<unknown>(SECRET, UNKNOWN, [UNKNOWN], { a: [UNKNOWN, SECRET] });
const plain = fc.constantFrom<unknown>(1, true, null, "x", [], {}, 'a "quoted" \\ é');

const { value } = fc.letrec<{ value: unknown; members: object; secrets: object }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    { arbitrary: plain, weight: 2 },
    { arbitrary: quote, weight: 3 },
    { arbitrary: fc.array(tie("value"), { maxLength: 3 }), weight: 1 },
    { arbitrary: tie("members"), weight: 2 },
    { arbitrary: tie("secrets"), weight: 2 },
  ),
  members: fc.dictionary(fc.constantFrom("a", "extra", "metadata", "error"), tie("value"), {
    maxKeys: 3,
  }),
  secrets: secret.map((callback_secret) => ({ b: 1, callback_secret })),
}));

const KINDS: Record<string, object> = {
  result: { metadata: { request_id: ID }, results: { channels: [] } },
  "result without an id": { results: { channels: [] } },
  "results that a later member takes back": { request_id: ID, results: {} },
  failure: { request_id: ID, err_code: "x" },
  "failure that tells no id": { err_code: "x" },
  "message of a stream": { type: "UtteranceEnd", request_id: ID },
  "unknown message": { type: "TurnInfo", request_id: ID },
};

const encodings = {
  "utf-8": (text: string) => new TextEncoder().encode(text),
  "utf-16le": (text: string) => utf16(text, true),
  "utf-16be": (text: string) => utf16(text, false),
};

function utf16(text: string, isLittleEndian: boolean): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(2 * text.length));
  for (let at = 0; at < text.length; at++) {
    view.setUint16(2 * at, text.charCodeAt(at), isLittleEndian);
  }
  return new Uint8Array(view.buffer);
}

const share = fc.double({ min: 0, max: 1, noNaN: true });

const body = fc.record({
  kind: fc.constantFrom(...Object.keys(KINDS)),
  /** Before and after the members of the kind. */
  members: fc.tuple(value, value, value),
  large: fc.option(fc.record({ at: fc.nat(3), padding })),
  encoding: fc.constantFrom(
    "utf-8" as const,
    "utf-8" as const,
    "utf-16le" as const,
    "utf-16be" as const,
  ),
  end: fc.oneof(
    fc.record({ how: fc.constant("whole" as const) }),
    fc.record({ how: fc.constant("cut off" as const), at: share }),
    // Between two members.
    fc.record({ how: fc.constant("no JSON" as const), at: fc.nat(2) }),
  ),
  type: fc.constantFrom("application/json", "audio/wav"),
  hasLength: fc.boolean(),
  forJob: fc.boolean(),
});

type Body = typeof body extends fc.Arbitrary<infer One> ? One : never;

function textOf({ kind, members: [first, second, third], large, end }: Body): string {
  const members = [
    `"first":${JSON.stringify(first)}`,
    ...Object.entries(KINDS[kind] ?? {}).map(
      ([name, member]) => `"${name}":${JSON.stringify(member)}`,
    ),
    `"second":${JSON.stringify(second)}`,
    ...(kind.startsWith("results") ? ['"results":0'] : []),
    `"third":${JSON.stringify(third)}`,
  ];
  if (large !== null) members.splice(large.at, 0, `"padding":"${large.padding}"`);
  if (end.how === "no JSON") members.splice(end.at, 0, "bad");
  return `{${members.join(",")}}`;
}

/** Every body that is stored, with what is said of it; in UTF-16 without the zero bytes. */
async function storedBodies(): Promise<{ key: string; text: string; about: string }[]> {
  const objects = await Array.fromAsync(listObjects(env.TRANSCRIPTS, ""));
  return Promise.all(
    objects.map(async ({ key, customMetadata }) => {
      const text = (await (await env.TRANSCRIPTS.get(key))?.text()) ?? "";
      return { key, text: text.replaceAll("\0", ""), about: JSON.stringify(customMetadata ?? {}) };
    }),
  );
}

it("keeps no secret, and no credential that a body quotes", { timeout: 120_000 }, async () => {
  const outcomes = new Set<number>();
  const property = fc.asyncProperty(body, async (given) => {
    const { encoding, end, type, hasLength, forJob, kind } = given;
    for (const { key } of await storedBodies()) await env.TRANSCRIPTS.delete(key);
    const whole = encodings[encoding](textOf(given));
    const bytes = end.how === "cut off" ? whole.slice(0, Math.floor(end.at * whole.length)) : whole;
    const sent = hasLength
      ? bytes
      : new Blob([bytes]).stream().pipeThrough(new IdentityTransformStream());
    const headers = {
      "content-type": type,
      ...(hasLength && { "content-length": String(bytes.length) }),
    };
    const calling = await job("x");
    const answer = forJob
      ? await call(sent, calling, {}, headers)
      : await deliver(sent, { headers });
    outcomes.add(answer.status);
    expect([200, 422]).toContain(answer.status);
    const isWholeResult =
      kind === "result" &&
      bytes.length === whole.length &&
      end.how !== "no JSON" &&
      encoding === "utf-8";
    for (const { key, text, about } of await storedBodies()) {
      expect(text.includes(UNKNOWN), `${key} has a secret: ${text.trim().slice(0, 2_000)}`).toBe(
        false,
      );
      expect(about).not.toContain(UNKNOWN);
      if (isWholeResult) continue;
      for (const one of QUOTED) {
        expect(`${text}${about}`.includes(one), `${key} has ${one}`).toBe(false);
      }
    }
  });
  await fc.assert(property, { numRuns: 100 });
  expect([...outcomes].sort()).toEqual([200, 422]);
});
