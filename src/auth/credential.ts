import type { Config } from "../config/config.ts";
import { verifyBasic, verifyJobHeader } from "./verify.ts";

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
