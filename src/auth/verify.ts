import type { Config } from "../config/config.ts";
import { sha256 } from "../lib/digest.ts";
import { verifyJob } from "./job.ts";

const itself = (secret: string) => secret;

/** What an `Authorization: Basic` header says (RFC 7617): the bytes of `user:password`, or null. */
export function basicCredentials(authorization: string | null): Uint8Array | null {
  const [, token] = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(authorization ?? "") ?? [];
  if (token === undefined) return null;
  try {
    return Uint8Array.fromBase64(token);
  } catch {
    return null;
  }
}

/** Whether the header has one of the `user:password` pairs. */
export async function verifyBasic(
  authorization: string | null,
  credentials: readonly string[],
): Promise<boolean> {
  const presented = basicCredentials(authorization);
  return presented !== null && (await findSecret(presented, credentials, itself)) !== -1;
}

/** Whether `metadata.extra.callback_secret` is one of the secrets. */
export async function verifySecret(
  presented: string | undefined,
  secrets: readonly string[],
): Promise<boolean> {
  return presented !== undefined && (await findSecret(presented, secrets, itself)) !== -1;
}

/** Whether the header has the user and the code of a job (see `src/auth/job.ts`). */
export async function verifyJobHeader(
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
  if (await verifyBasic(authorization, config.callbackCredentials)) return "receiver";
  if (job === null) return null;
  const isJob = await verifyJobHeader(authorization, job, config.signingKeys, Date.now());
  return isJob ? "job" : null;
}

/** Of the lists of a configuration: they live as long as it does, and never change. */
const digests = new WeakMap<readonly unknown[], readonly ArrayBuffer[]>();

/**
 * The index of the item whose secret `presented` equals, or -1. Both sides are digested, so that
 * lengths do not show, and every secret is compared, so that the time does not tell which one matched.
 * A list must not change: its digests are kept.
 */
export async function findSecret<Item>(
  presented: BufferSource | string,
  items: readonly Item[],
  secretOf: (item: Item) => string,
): Promise<number> {
  const digest = await sha256(presented);
  const known = digests.get(items) ?? (await digested(items, secretOf));
  let found = -1;
  known.forEach((candidate, index) => {
    if (crypto.subtle.timingSafeEqual(digest, candidate)) found = index;
  });
  return found;
}

// Kept once they are there: no request may wait for a digest that another one started.
async function digested<Item>(items: readonly Item[], secretOf: (item: Item) => string) {
  const made = await Promise.all(items.map((item) => sha256(secretOf(item))));
  digests.set(items, made);
  return made;
}
