import type { Config } from "./config.ts";
import type { TokenOwner } from "./token-owner.ts";

/** What Hono's handlers find in their context. */
export type AppEnv = {
  Bindings: Env;
  Variables: {
    config: Config;
    /** Whose API token came with the request; only behind `requireScope`. */
    caller: TokenOwner;
  };
};
