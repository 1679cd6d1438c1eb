import { WEBHOOK_SECRET } from "./webhook-secret.ts";

/** Of each secret the old value, and the new one. */
export const PASSWORDS = ["deepgram:old-password", "deepgram:new-password"] as const;
export const SECRETS = ["old-callback-secret", "new-callback-secret"] as const;
export const TOKENS = ["old-api-token", "new-api-token"] as const;
export const WEBHOOK_SECRETS = [
  WEBHOOK_SECRET,
  `whsec_${btoa("another-secret-of-the-tests-0123")}`,
] as const;
const KEYS = [
  "old-signing-key-0123456789-0123456789",
  "new-signing-key-0123456789-0123456789",
] as const;

/**
 * Which values are configured, in their order, and which one is given to Deepgram, to clients and to
 * the customer's endpoint meanwhile.
 */
export type Step = { configured: readonly (0 | 1)[]; given: 0 | 1 };

/** The steps of docs/operations.md. */
export const STEPS: readonly Step[] = [
  { configured: [0], given: 0 },
  { configured: [0, 1], given: 0 },
  { configured: [1, 0], given: 1 },
  { configured: [1], given: 1 },
];

/** The secrets of a version in this step. */
export function secretsOf({ configured }: Step) {
  const pick = (values: readonly string[]) => configured.map((index) => values[index]!);
  const tokens = configured.map((index) => `token-${index}:read+submit+admin:${TOKENS[index]}`);
  return {
    CALLBACK_CREDENTIALS: pick(PASSWORDS).join(" "),
    CALLBACK_SECRETS: pick(SECRETS).join(" "),
    SIGNING_KEYS: pick(KEYS).join(" "),
    API_TOKENS: tokens.join(" "),
    webhookSecrets: pick(WEBHOOK_SECRETS),
  };
}
