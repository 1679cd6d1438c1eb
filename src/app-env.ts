import type { Config } from "./config.ts";

/** What Hono's handlers find in their context. */
export type AppEnv = { Bindings: Env; Variables: { config: Config } };
