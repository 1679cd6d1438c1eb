import type { TokenOwner } from "./api-tokens.ts";
import type { Config } from "./config.ts";

/** What Hono's handlers find in their context. */
export type AppEnv = {
  Bindings: Env;
  Variables: {
    config: Config;
    /** Whose API token came with the request; only behind `requireScope`. */
    caller: TokenOwner;
  };
};
