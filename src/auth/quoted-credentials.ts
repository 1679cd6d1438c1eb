import type { Config } from "../config/config.ts";
import { maskStrings } from "../lib/mask-strings.ts";
import { maskTaken, readHeld, type TakenBody } from "../store/take-body.ts";
import { jobCode } from "./job-credentials.ts";

const utf8 = new TextEncoder();

/** A shorter value would hide words that only look like it. */
const MIN_CHARS = 6;

/**
 * The credentials that a failure may quote out of the request that failed: those of the receiver, and
 * of the job of its URL.
 */
export async function knownCredentials(config: Config, job: string | null): Promise<string[]> {
  const codes = job === null ? [] : config.signingKeys.map((key) => jobCode(job, key));
  return [...config.callbackCredentials, ...config.callbackSecrets, ...(await Promise.all(codes))];
}

/**
 * The body with every one of the credentials masked at equal length, in the spellings of a URL, of JSON,
 * of Basic Auth and of UTF-16; the body itself when it has none of them.
 */
export const withoutKnownCredentials = (body: Uint8Array, credentials: string[]): Uint8Array =>
  maskStrings(body, spellings(credentials));

/** How a body may spell the credentials: in a URL, in JSON, in Basic Auth and in UTF-16. */
export function spellings(credentials: string[]): Uint8Array[] {
  const found = new Set<string>();
  for (const credential of credentials.filter(({ length }) => length >= MIN_CHARS)) {
    const base64 = utf8.encode(credential).toBase64();
    const inUrl = encodeURIComponent(credential);
    const forms = [credential, inUrl, inUrl.replaceAll("%3A", ":"), base64.replace(/=+$/, "")];
    for (const form of forms) {
      found.add(form);
      found.add(form.replace(/%../g, (hex) => hex.toLowerCase()));
      found.add(JSON.stringify(form).slice(1, -1));
      found.add(JSON.stringify(form).slice(1, -1).replaceAll("/", "\\/"));
    }
  }
  return [...found].flatMap((form) => [utf8.encode(form), utf16(form, true), utf16(form, false)]);
}

function utf16(text: string, isLittleEndian: boolean): Uint8Array {
  const view = new DataView(new ArrayBuffer(2 * text.length));
  for (let at = 0; at < text.length; at++) {
    view.setUint16(2 * at, text.charCodeAt(at), isLittleEndian);
  }
  return new Uint8Array(view.buffer);
}

/**
 * Masks the credentials that a body without a transcript may quote from the request that failed, and also
 * in the JSON that was read from it: that has them without escapes.
 */
export async function withoutQuotedCredentials(
  { env, config, job }: { env: Env; config: Config; job: string | null },
  taken: TakenBody,
): Promise<TakenBody> {
  const credentials = await knownCredentials(config, job);
  const { content } = taken;
  const body =
    "held" in content
      ? await readHeld(withoutKnownCredentials(content.held, credentials))
      : await maskTaken(env.TRANSCRIPTS, taken, async () => spellings(credentials));
  if (body.json === undefined) return body;
  const read = withoutKnownCredentials(utf8.encode(JSON.stringify(body.json)), credentials);
  return { ...body, json: JSON.parse(new TextDecoder().decode(read)) };
}
