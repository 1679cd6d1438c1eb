import { verifyJob } from "./job.ts";
import { findSecret } from "./secrets.ts";

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
