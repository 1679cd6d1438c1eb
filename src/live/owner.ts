import type { Expectation } from "../store/expectations.ts";

/** The Durable Object that takes the messages of a live request. */
export const ownerOf = (
  live: Env["LIVE"],
  { owner, requestId }: Pick<Expectation, "owner" | "requestId">,
) => live.getByName(owner ?? requestId);
