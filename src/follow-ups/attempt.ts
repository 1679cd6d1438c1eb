import type { Config } from "../config.ts";
import type { Subject } from "./subject.ts";

/** One attempt at an effect. */
export type Attempt = {
  env: Env;
  config: Config;
  subject: Subject;
  /** Above 0 when a person has asked for it again. */
  generation: number;
  /** The same for all attempts until it is done, and no other: 64 hexadecimal digits. */
  key: string;
};
