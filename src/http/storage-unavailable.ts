import { log, reasonOf } from "../lib/log.ts";
import { problem } from "./problem.ts";

/** To catch what a store throws: logs the reason and throws the answer, a 503 that shows none of it. */
export function storageUnavailable(error: unknown): never {
  log("error", "storage.unavailable", { reason: reasonOf(error) });
  throw problem(503, "storage_unavailable", "The storage does not answer at the moment.", {
    headers: { "retry-after": "5" },
  });
}
