import { parseJson } from "../../../src/lib/bytes.ts";
import { streamScript } from "../../fake-deepgram/stream-script.ts";
import { errorBody } from "../../support/bodies/errors.ts";
import { EMAIL, PHONE } from "../../support/channels.ts";
import { SECRET, transcript } from "../../support/deliver.ts";
import { fc } from "../../support/fast-check.ts";
import { anyJson, anyText, KNOWN_ID } from "./values.ts";

export const bytesOf = (text: string) => new TextEncoder().encode(text);
const ID_TEXT = `"request_id":"${KNOWN_ID}"`;

const SEEDS = [
  transcript({ requestId: KNOWN_ID }).body,
  transcript({ requestId: KNOWN_ID, utterances: true, diarize: true, channels: 2 }).body,
  transcript({ requestId: KNOWN_ID, paragraphs: true, callbackSecret: SECRET }).body,
  errorBody("err_code", KNOWN_ID),
  `{"metadata":{${ID_TEXT}},"results":{}}`,
  ...streamScript({ requestId: KNOWN_ID })
    .messages.slice(0, 3)
    .map((each) => JSON.stringify(each.message)),
].map(bytesOf);

const TOKENS = [
  ...'\u0000|\ufeff|\\ud800|\\u0000|1e999|-1e999|NaN|null|{}|[]|,|:|"|{|}|[|]|\\|true'.split("|"),
  '"__proto__":{"x":1},',
  '"metadata":{},',
  '"results":null,',
  `${ID_TEXT},`,
  "[".repeat(3_000),
  `${"[".repeat(3_000)}${"]".repeat(3_000)}`,
  "9".repeat(500),
].map(bytesOf);

const place = fc.double({ min: 0, max: 1, noNaN: true });
const change = fc.oneof(
  fc.record({ at: place, byte: fc.integer({ min: 1, max: 255 }) }),
  fc.record({ at: place, token: fc.constantFrom(...TOKENS, ...SEEDS) }),
  fc.record({ at: place, until: place }),
);
type Change = { at: number; byte?: number; token?: Uint8Array; until?: number };

const joined = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));

function changed(body: Uint8Array, { at, byte, token, until }: Change): Uint8Array {
  const index = Math.floor(at * body.length);
  if (token) return joined(body.subarray(0, index), token, body.subarray(index));
  if (until !== undefined) {
    return joined(body.subarray(0, index), body.subarray(Math.floor(until * body.length)));
  }
  return body.map((each, where) => (where === index ? each ^ (byte ?? 0) : each));
}

/** What Deepgram sends, with a few bytes, tokens or parts too many, too few or other ones. */
export const mutated = fc
  .record({ seed: fc.constantFrom(...SEEDS), changes: fc.array(change, { maxLength: 4 }) })
  .map(({ seed, changes }) => changes.reduce<Uint8Array>(changed, seed));

/** Values of any type where Deepgram has others. */
const NAMES = [
  ..."metadata|results|request_id|duration|channels|alternatives|words|word|start|end|utterances|transcript|speaker|extra|tags|paragraphs|sentences|text|summary|topics|translate|notify_webhook|notify_email|notify_sms|type|channel|is_final".split(
    "|",
  ),
];
const shaped = fc
  .record({
    metadata: fc.dictionary(fc.constantFrom(...NAMES), anyJson(NAMES)),
    extra: fc.dictionary(fc.constantFrom(...NAMES, "notify_x"), anyJson(NAMES)),
    results: anyJson(NAMES),
  })
  .map(({ metadata, extra, results }) =>
    bytesOf(JSON.stringify({ metadata: { ...metadata, extra, request_id: KNOWN_ID }, results })),
  );

const said = (...values: string[]) =>
  fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...values) }, { weight: 1, arbitrary: anyText });

const directives = fc.record(
  {
    translate: said("es", "es,fr", "fr, ES", "xx", "es,,es"),
    notify_webhook: said("crm", "crm,crm", "crm,nobody", " crm "),
    notify_email: said(EMAIL, `${EMAIL},nobody`, `${EMAIL}, ${EMAIL}`),
    notify_sms: said(PHONE, `${PHONE},5551234`, `${PHONE},${PHONE}`),
  },
  { requiredKeys: [] },
);

/** Transcripts that ask for something to be done, often for something that can be done. */
const directed = fc
  .record({ extra: directives, changes: fc.array(change, { maxLength: 1 }) })
  .map(({ extra, changes }) => {
    const { body } = transcript({ requestId: KNOWN_ID, utterances: true, extra });
    return changes.reduce<Uint8Array>(changed, bytesOf(body));
  });

/** A callback's body, about `KNOWN_ID` where it says which request it is about. */
export const anyBody = fc.oneof(mutated, shaped, directed);

type Secretive = { extra?: { callback_secret?: unknown } } | null | undefined;

/** Whether a text has the secret nowhere but where Deepgram puts it: it is masked only there. */
function isSecretInPlace(text: string): boolean {
  const json = parseJson(text) as (Secretive & { metadata?: Secretive }) | undefined;
  const inPlace = [json?.metadata, json].filter((each) => each?.extra?.callback_secret === SECRET);
  return inPlace.length === text.split(SECRET).length - 1;
}

/** The same about a request of its own, without a secret that is out of place. */
export function renamed(body: Uint8Array): { id: string; body: Uint8Array } {
  const id = crypto.randomUUID();
  const latin = Array.from(body, (byte) => String.fromCharCode(byte)).join("");
  const own = latin.replaceAll(KNOWN_ID, id);
  const text = isSecretInPlace(own) ? own : own.replaceAll(SECRET, "no-secret");
  return { id, body: Uint8Array.from(text, (char) => char.charCodeAt(0)) };
}
