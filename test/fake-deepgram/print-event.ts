import type { FakeEvent } from "./settings.ts";

const SHORT_ID_CHARS = 13;

const copyMark = (copy: number): string => (copy === 1 ? "" : ` copy ${copy}`);

/** One line about an event, without credentials; times in the units they are read in. */
export const eventLine = (event: FakeEvent): string => {
  if (event.kind === "refused") return `refused ${event.status}: ${event.message}`;
  const { job } = event;
  const name = `job ${job.number} ${job.requestId.slice(0, SHORT_ID_CHARS)}`;
  switch (event.kind) {
    case "accepted":
      return `${name} accepted, ${job.audio.bytes} bytes of audio → ${
        job.callback === null ? "answered at once" : `${job.callback.method} ${job.callback.url}`
      }`;
    case "attempt": {
      const { copy, number, status, error, ms } = event.attempt;
      return `${name}${copyMark(copy)} attempt ${number} → ${status ?? error} in ${ms} ms`;
    }
    case "retry":
      return `${name}${copyMark(event.copy)} retry in ${event.inMs / 1000} s`;
    case "broken":
      return `${name} broken: ${event.message}`;
    case "dropped":
      return `${name}${copyMark(event.copy)} dropped`;
  }
};
