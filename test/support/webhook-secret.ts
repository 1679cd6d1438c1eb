/** The secret of the webhook endpoint that the tests play. */
export const WEBHOOK_SECRET = "whsec_dGhlIHNlY3JldCBvZiB0aGUgdGVzdHM=";
