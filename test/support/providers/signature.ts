import { Webhook } from "standardwebhooks";

export type SignedHeaders = {
  "webhook-id": string;
  "webhook-timestamp": string;
  "webhook-signature": string;
};

/**
 * Why a delivery is not signed by any of `secrets` (`whsec_…`), or null when it is: the signature
 * covers the id, the time, which may be five minutes off, and the raw body.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export const signatureFault = (
  secrets: string[],
  headers: SignedHeaders,
  body: string,
): string | null => {
  let fault: string | null = "No secret is known";
  for (const secret of secrets) {
    try {
      new Webhook(secret).verify(body, headers, { jsonParse: false });
      return null;
    } catch (error) {
      fault = error instanceof Error ? error.message : String(error);
    }
  }
  return fault;
};
