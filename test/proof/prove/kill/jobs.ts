/** What a job's callback is like, in turn: `fake` as the simulated Deepgram takes it. */
export type Kind = {
  fake: string;
  /** Every how many jobs. */
  every: number;
};

const LARGE_BYTES = 5_000_000;

/** The first one that a job's number is a multiple of; else a plain transcript. */
const KINDS: readonly Kind[] = [
  { fake: `bytes:${LARGE_BYTES}`, every: 89 },
  { fake: `bytes:${LARGE_BYTES},chunked,metadata-last`, every: 97 },
  { fake: "error:err_code", every: 13 },
  { fake: "conflict", every: 11 },
  { fake: "together:3", every: 7 },
  { fake: "duplicate:2", every: 5 },
];

/** The behaviour of a job, by its number from 1. */
export const fakeOf = (job: number): string =>
  KINDS.find(({ every }) => job % every === 0)?.fake ?? "";
