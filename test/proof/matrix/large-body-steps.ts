import { faulty, hangs } from "../../support/faulty.ts";
import { mortal } from "../../support/mortal.ts";
import type { Fault } from "./faults.ts";
import { NEVER, type Trouble } from "./world.ts";

/** An operation on R2 in the way of a large body. */
export type Step =
  | "put of the body"
  | "begin of the upload"
  | "part of the upload"
  | "end of the upload"
  | "put of the reference"
  | "put of the record"
  | "put of the version"
  | "put of the quarantine entry"
  | "note in body-checks"
  | "note in displaced"
  | "delete of the body"
  | "delete of the version"
  | "delete of the quarantine entry"
  | "delete of the notes";

const PUTS: [Step, RegExp][] = [
  ["put of the body", /^bodies\//],
  ["put of the reference", /^body-refs\//],
  ["put of the record", /^callbacks\//],
  ["put of the version", /\/versions\//],
  ["put of the quarantine entry", /^quarantine\//],
  ["note in body-checks", /^body-checks\//],
  ["note in displaced", /\/displaced\//],
];

const DELETES: [Step, RegExp][] = [
  ["delete of the body", /^bodies\//],
  ["delete of the version", /\/versions\//],
  ["delete of the quarantine entry", /^quarantine\//],
  ["delete of the notes", /^body-checks\//],
];

const isStep = (steps: [Step, RegExp][], step: Step, key: string): boolean =>
  steps.some(([name, pattern]) => name === step && pattern.test(key));

/** An operation of the first attempt goes wrong; `die` ends all that the attempt does. */
type Failing = <Value>(work: () => Promise<Value>, die: () => void) => Promise<Value>;

type Failure = {
  name: string;
  /** Makes one for an attempt. `released` resolves when Deepgram's retry was answered. */
  failing: (released: Promise<void>) => Failing;
  hangs?: true;
  unknown?: Fault["unknown"];
};

/** How an operation goes wrong. */
export const FAILURES: Failure[] = [
  { name: "rejected", failing: () => () => Promise.reject(new Error("internal error")) },
  {
    name: "429",
    failing: () => {
      let isRefused = false;
      return async (work) => {
        if (isRefused) return work();
        isRefused = true;
        throw new Error("Reduce your concurrent request rate for the same object. (10058)");
      };
    },
  },
  { name: "hangs", failing: () => hangs, hangs: true },
  {
    name: "unheard",
    failing: () => async (work) => {
      await work();
      throw new Error("connection lost");
    },
  },
  {
    name: "done after the retry",
    failing: (released) => async (work) => {
      await released;
      return work();
    },
    hangs: true,
  },
  {
    name: "the Worker dies before",
    failing: () => (_, die) => {
      die();
      return NEVER;
    },
    unknown: "done",
  },
  {
    name: "the Worker dies after",
    failing: () => async (work, die) => {
      await work();
      die();
      return NEVER;
    },
    unknown: "done",
  },
];

/** A fault of one step, with how often it was met. */
export function stepFault(
  step: Step,
  { name, failing, hangs: isHanging, unknown }: Failure,
  side: Fault["side"],
): Fault & { met: () => number } {
  let met = 0;
  const trouble = (): Trouble => {
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const {
      env: mortals,
      died,
      sent,
      die,
    } = mortal({ operation: Number.POSITIVE_INFINITY, when: "before" });
    const fails = failing(released);
    const meet = <Value>(isMet: boolean, work: () => Promise<Value>): Promise<Value> => {
      if (!isMet) return work();
      met++;
      return fails(work, die);
    };
    const bucket = mortals.TRANSCRIPTS;
    const TRANSCRIPTS = faulty(bucket, {
      put: (key: string, ...rest: [never]) =>
        meet(isStep(PUTS, step, key), () => bucket.put(key, ...rest)),
      delete: (keys: string | string[]) =>
        meet(
          [keys].flat().some((key) => isStep(DELETES, step, key)),
          () => bucket.delete(keys),
        ),
      createMultipartUpload: (key: string) =>
        meet(step === "begin of the upload", async () => {
          const upload = await bucket.createMultipartUpload(key);
          return faulty(upload, {
            uploadPart: (number: number, part: Uint8Array) =>
              meet(step === "part of the upload", () => upload.uploadPart(number, part)),
            complete: (parts: R2UploadedPart[]) =>
              meet(step === "end of the upload", () => upload.complete(parts)),
          });
        }),
    });
    return { env: { ...mortals, TRANSCRIPTS }, died, sent, release };
  };
  return {
    name: `${step}: ${name}`,
    side,
    trouble,
    met: () => met,
    ...(isHanging && { hangs: isHanging }),
    ...(unknown && { unknown }),
  };
}
