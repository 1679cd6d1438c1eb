import * as z from "zod";
import type { TranscriptStatus } from "../read/transcript-status.ts";
import { bytesInWords, dateTimeInWords } from "./in-words.ts";

const warning = z.object({ message: z.string(), parameter: z.string().optional() });

/** Warnings, conflicts and what could not be done of what was asked, in plain words. */
export function NoticesView({ status }: { status: TranscriptStatus }) {
  const { warnings, conflicts, follow_up_problems: problems, request_id } = status;
  if (warnings.length + conflicts.length + problems.length === 0) return null;
  return (
    <ul class="notices">
      {warnings.map((each) => (
        <li>
          Deepgram warns: <bdi>{warningInWords(each)}</bdi>
        </li>
      ))}
      {conflicts.map(({ sha256, state, bytes, received_at }) => (
        <li>
          Deepgram {state === "failed" ? "reported a failure" : "sent another result"} for this
          request on {dateTimeInWords(received_at)} ({bytesInWords(bytes)}).{" "}
          <a
            href={`/v1/transcripts/${request_id}.${state === "failed" ? "json" : "html"}?version=${sha256}`}
          >
            Read that one
          </a>
          .
        </li>
      ))}
      {problems.map((problem) => (
        <li>
          This was asked for and cannot be done: <bdi>{problem}</bdi>.
        </li>
      ))}
    </ul>
  );
}

function warningInWords(each: unknown): string {
  const { data } = warning.safeParse(each);
  if (data === undefined) return JSON.stringify(each);
  return data.parameter === undefined ? data.message : `${data.parameter}: ${data.message}`;
}
