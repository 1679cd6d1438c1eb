/**
 * Why an attempt did not succeed. `error` is our own words, and is logged; `detail` is what the provider
 * says, which may repeat what it was sent, and is never logged. Both are bounded and free of secrets.
 * `status` is that of its HTTP answer.
 */
export type Trouble = { error: string; detail?: string | undefined; status?: number | undefined };

/** How one attempt at an effect ended. */
export type Outcome =
  /** `messageId` is the provider's own id of the message, where it tells one. */
  | { result: "done"; messageId?: string | undefined; status?: number | undefined }
  /** A part is done; `progress` from 0 to 1 tells how much of the whole. */
  | { result: "more"; progress: number }
  /** `isUnknown`: it may have happened, and its key keeps it from happening twice, for a time. */
  | ({ result: "retry"; retryAfterSeconds?: number | undefined; isUnknown?: boolean } & Trouble)
  /** Trying again would not help. */
  | ({ result: "failed" } & Trouble)
  /** The transcript it was about has been replaced: it must not happen. */
  | { result: "cancelled"; error: string }
  /** It may or may not have happened, and trying again could make it happen twice. */
  | ({ result: "uncertain" } & Trouble);

/** Both parts of a trouble, as the status and a dead letter show them. */
export const troubleText = ({ error, detail }: Trouble): string =>
  detail === undefined ? error : `${error}: ${detail}`;
