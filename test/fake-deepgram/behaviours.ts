import { ERROR_SPELLINGS, type ErrorSpelling } from "../support/bodies/errors.ts";
import { type Faults, NO_FAULTS } from "./faults.ts";

type Behaviour = { usage: string; faults: (...args: (string | undefined)[]) => Partial<Faults> };

const whole = (text: string | undefined, unless: number): number => {
  const number = text === undefined ? unless : Number(text);
  if (!Number.isSafeInteger(number) || number < 0)
    throw new RangeError(`${text} is not a whole number`);
  return number;
};

const spelling = (text = "err_code"): ErrorSpelling => {
  const known = ERROR_SPELLINGS.find((name) => name === text);
  if (known === undefined) throw new RangeError(`${text} is not one of ${ERROR_SPELLINGS}`);
  return known;
};

const BEHAVIOURS: Record<string, Behaviour> = {
  duplicate: {
    usage: "duplicate:N           deliver N times, one after another (2)",
    faults: (n) => ({ copies: whole(n, 2) }),
  },
  together: {
    usage: "together:N            deliver N times at once (2)",
    faults: (n) => ({ copies: whole(n, 2), together: true }),
  },
  conflict: {
    usage: "conflict              deliver twice, the second time other bytes",
    faults: () => ({ copies: 2, conflict: true }),
  },
  "after-next": {
    usage: "after-next            call back after the next job has",
    faults: () => ({ afterNext: true }),
  },
  early: {
    usage: "early                 call back before answering the submission",
    faults: () => ({ early: true }),
  },
  lose: { usage: "lose                  never call back", faults: () => ({ lose: true }) },
  cut: {
    usage: "cut:BYTES:ATTEMPTS    break off the first attempts after BYTES of the body (100, 1)",
    faults: (bytes, attempts) => ({
      cut: { bytes: whole(bytes, 100), attempts: whole(attempts, 1) },
    }),
  },
  error: {
    usage: `error:SPELLING        an error body: ${ERROR_SPELLINGS.join(", ")}`,
    faults: (name) => ({ error: spelling(name) }),
  },
  bytes: {
    usage: "bytes:N               a transcript of exactly N bytes (1000000)",
    faults: (n) => ({ bytes: whole(n, 1_000_000) }),
  },
  words: {
    usage: "words:N               a transcript of N words (60)",
    faults: (n) => ({ words: whole(n, 60) }),
  },
  channels: {
    usage: "channels:N            audio of N channels, with multichannel=true (2)",
    faults: (n) => ({ channels: whole(n, 2) }),
  },
  silence: {
    usage: "silence               a transcript without speech",
    faults: () => ({ silence: true }),
  },
  "metadata-last": {
    usage: "metadata-last         metadata behind results; goes with bytes",
    faults: () => ({ metadataLast: true }),
  },
  chunked: {
    usage: "chunked               no content-length",
    faults: () => ({ chunked: true }),
  },
  trickle: {
    usage: "trickle:MS            send the body in ten pieces with pauses (50)",
    faults: (ms) => ({ trickleMs: whole(ms, 50) }),
  },
  delay: {
    usage: "delay:MS              transcription takes longer (1000)",
    faults: (ms) => ({ delayMs: whole(ms, 1000) }),
  },
  refuse: {
    usage: "refuse:STATUS         refuse the submission: 402, 429, 503 … (429)",
    faults: (status) => ({ refuse: whole(status, 429) }),
  },
  "hang-up": {
    usage: "hang-up               accept the submission, but close before answering",
    faults: () => ({ hangUp: true }),
  },
};

/** One line for each behaviour. */
export const BEHAVIOUR_USAGE: string[] = Object.values(BEHAVIOURS).map(({ usage }) => usage);

/**
 * Reads a comma-separated list of behaviours, `name:argument:argument`, onto `base`. Throws a
 * RangeError on a name or an argument that is not known.
 */
export const faultsOf = (list: string, base: Faults = NO_FAULTS): Faults => {
  const faults = { ...base };
  for (const item of list.split(",").filter((text) => text !== "")) {
    const [name = "", ...args] = item.trim().split(":");
    if (!Object.hasOwn(BEHAVIOURS, name)) throw new RangeError(`No behaviour is named ${name}`);
    Object.assign(faults, BEHAVIOURS[name]!.faults(...args));
  }
  return faults;
};
