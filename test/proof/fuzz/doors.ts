import { jobCode, newJob } from "../../../src/auth/job-credentials.ts";
import { BASIC, basic } from "../../support/deliver.ts";
import { SIGNING_KEYS } from "./answers.ts";

/** Where a callback comes in, and what it shows. */
export type Door = { path: string; authorization: string };

const FOUR_DAYS_MS = 345_600_000;

/** `/hook/{job}` of a new job with its own credential. */
export async function jobDoor(mintedAt = Date.now()): Promise<Door> {
  // Of a request submitted elsewhere: for the record of our own submission it would be waited.
  const job = newJob("x", mintedAt);
  const code = await jobCode(job, SIGNING_KEYS);
  return { path: `/hook/${job}`, authorization: basic(`${job}:${code}`) };
}

/** Where a callback is verified. */
export const OPEN = {
  hook: async () => ({ path: "/hook", authorization: BASIC }),
  job: () => jobDoor(),
  "job, as the receiver": async () => ({ ...(await jobDoor()), authorization: BASIC }),
} satisfies Record<string, () => Promise<Door>>;

/** Where it is not, though all that is shown was signed here. */
export const CLOSED = {
  "hook, with a job's credential": async () => ({ ...(await jobDoor()), path: "/hook" }),
  "job, with another's credential": async () => ({
    ...(await jobDoor()),
    authorization: (await jobDoor()).authorization,
  }),
  "job, with another user": async () => {
    const { path } = await jobDoor();
    const code = await jobCode(path.slice("/hook/".length), SIGNING_KEYS);
    return { path, authorization: basic(`deepgram:${code}`) };
  },
  "job that is over": () => jobDoor(Date.now() - FOUR_DAYS_MS),
} satisfies Record<string, () => Promise<Door>>;
