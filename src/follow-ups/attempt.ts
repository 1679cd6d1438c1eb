import type { Config } from "../config.ts";
import type { Facts } from "../deepgram/callback.ts";
import type { CallbackRecord } from "../store/record.ts";

/** One attempt at an effect: what it is about. */
export type Attempt = {
  env: Env;
  config: Config;
  record: CallbackRecord;
  facts: Facts;
  /** Above 0 when a person has asked for it again. */
  generation: number;
  /** The same for all attempts of a generation, and no other: 64 hexadecimal digits. */
  key: string;
};
