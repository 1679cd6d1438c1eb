import type { Config } from "../config/config.ts";
import { verifyJob } from "./job-credentials.ts";

const itself = (secret: string) => secret;

/** What an `Authorization: Basic` header says (RFC 7617): the bytes of `user:password`, or null. */
function basicCredentials(authorization: string | null): Uint8Array | null {
  const [, token] = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(authorization ?? "") ?? [];
  if (token === undefined) return null;
  try {
    return Uint8Array.fromBase64(token);
  } catch {
    return null;
  }
}

/** Whether the header has one of the `user:password` pairs. */
function verifyBasic(authorization: string | null, credentials: readonly string[]): boolean {
  const presented = basicCredentials(authorization);
  return presented !== null && findSecret(presented, credentials, itself) !== -1;
}

/** Whether `metadata.extra.callback_secret` is one of the secrets. */
export function verifySecret(presented: string | undefined, secrets: readonly string[]): boolean {
  return presented !== undefined && findSecret(presented, secrets, itself) !== -1;
}

/** Whether the header has the user and the code of a job (see `src/auth/job-credentials.ts`). */
async function verifyJobHeader(
  authorization: string | null,
  job: string,
  signingKeys: readonly string[],
  now: number,
): Promise<boolean> {
  const bytes = basicCredentials(authorization);
  const [, user, code] =
    /^([^:]*):(.*)$/.exec(new TextDecoder().decode(bytes ?? new Uint8Array())) ?? [];
  const isValid = await verifyJob(job, code ?? "", signingKeys, now);
  return isValid && user === job;
}

/** Of the receiver, or of the one job alone. */
export type Credential = "receiver" | "job" | null;

type Presented = { request: Request; job: string | null; config: Config };

/** Whether there is anything by which a callback could be verified. */
export const isConfigured = ({ job, config }: Omit<Presented, "request">): boolean =>
  config.callbackCredentials.length + config.callbackSecrets.length > 0 ||
  (job !== null && config.signingKeys.length > 0);

/** Whose credential is in the header. */
export async function headerCredential({ request, job, config }: Presented): Promise<Credential> {
  const authorization = request.headers.get("authorization");
  if (verifyBasic(authorization, config.callbackCredentials)) return "receiver";
  if (job === null) return null;
  const isJob = await verifyJobHeader(authorization, job, config.signingKeys, Date.now());
  return isJob ? "job" : null;
}

const utf8 = new TextEncoder();

/** Secrets are compared in frames of this length: the time to copy one does not tell how long a secret is. */
const MIN_FRAME_BYTES = 256;
const LENGTH_BYTES = 4;

/** The frames of the lists of a configuration: these live as long as it does, and never change. */
const frames = new WeakMap<readonly unknown[], readonly Uint8Array[]>();

/**
 * The index of the item whose secret `presented` equals, or -1. All are compared in frames of one length, so
 * that lengths do not show, and every secret is compared, so that the time does not tell which one matched.
 * A list must not change: its frames are kept.
 */
export function findSecret<Item>(
  presented: Uint8Array | string,
  items: readonly Item[],
  secretOf: (item: Item) => string,
): number {
  const known = frames.get(items) ?? framed(items, secretOf);
  const bytes = typeof presented === "string" ? utf8.encode(presented) : presented;
  const candidate = frame(bytes, known[0]?.length ?? MIN_FRAME_BYTES);
  let found = -1;
  known.forEach((secret, index) => {
    if (crypto.subtle.timingSafeEqual(candidate, secret)) found = index;
  });
  return found;
}

function framed<Item>(
  items: readonly Item[],
  secretOf: (item: Item) => string,
): readonly Uint8Array[] {
  const secrets = items.map((item) => utf8.encode(secretOf(item)));
  const bytes = Math.max(MIN_FRAME_BYTES, ...secrets.map(({ length }) => LENGTH_BYTES + length));
  const made = secrets.map((secret) => frame(secret, bytes));
  frames.set(items, made);
  return made;
}

/** The length of a secret, then the secret and zeros; only the start of one that is longer than all that are known. */
function frame(secret: Uint8Array, bytes: number): Uint8Array {
  const made = new Uint8Array(bytes);
  new DataView(made.buffer).setUint32(0, secret.length);
  made.set(secret.subarray(0, bytes - LENGTH_BYTES), LENGTH_BYTES);
  return made;
}
