import type { Expectation } from "../store/expectations.ts";

/** What it takes to reach the Durable Objects of live requests. */
export type LiveEnv = Pick<Env, "LIVE" | "JURISDICTION" | "LOCATION">;

/**
 * The Durable Object of a name, in the jurisdiction of this deployment: the same name in another one is
 * another object. `LOCATION` is where it is created, if possible.
 */
export function liveObject({ LIVE, JURISDICTION, LOCATION }: LiveEnv, name: string) {
  const objects =
    JURISDICTION && JURISDICTION !== "none"
      ? LIVE.jurisdiction(JURISDICTION as DurableObjectJurisdiction)
      : LIVE;
  const hint = LOCATION ? { locationHint: LOCATION as DurableObjectLocationHint } : {};
  return objects.getByName(name, hint);
}

/** The Durable Object that takes the messages of a live request. */
export const ownerOf = (
  env: LiveEnv,
  { owner, requestId }: Pick<Expectation, "owner" | "requestId">,
) => liveObject(env, owner ?? requestId);
