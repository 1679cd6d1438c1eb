import { type Placement, placedObject } from "../config/placed-objects.ts";
import type { Expectation } from "../store/expectations.ts";

/** What it takes to reach the Durable Objects of live requests. */
export type LiveEnv = Pick<Env, "LIVE"> & Placement;

/** The Durable Object of a live request, or of a name of its own. */
export const liveObject = (env: LiveEnv, name: string) => placedObject(env.LIVE, env, name);

/** The Durable Object that takes the messages of a live request. */
export const ownerOf = (
  env: LiveEnv,
  { owner, requestId }: Pick<Expectation, "owner" | "requestId">,
) => liveObject(env, owner ?? requestId);
