/** Why segments of a stored body cannot be made: it is over a limit, or was never whole. */
export type UnshowableReason = "too-many-channels" | "too-large" | "not-json";

type Unshowable = Error & { unshowable: UnshowableReason };

/** The error that ends the making of segments. */
export function unshowable(reason: UnshowableReason): Unshowable {
  return Object.assign(new Error(`No segments can be made: ${reason}`), { unshowable: reason });
}

/** The reason of an `unshowable` error; null for any other. */
export function unshowableReason(error: unknown): UnshowableReason | null {
  return error instanceof Error && "unshowable" in error ? (error as Unshowable).unshowable : null;
}
