import { empty, json, notFound, one, problem, told } from "./answers.ts";
import type { Examples } from "./examples.ts";
import type { Answer } from "./specification.ts";

const LATE = "Deepgram's callback has not come within its time.";

/** What is answered about a transcript that is not there, by its state. */
export function stateAnswers({ requestId: request_id, failed, expected }: Examples) {
  const { expected_at, deadline_at } = expected;
  return {
    UnknownTranscript: notFound(
      "No such transcript is known, nor expected.",
      "No transcript is known by this request_id.",
    ),
    ToCome: json(
      "TranscriptStatus",
      "The transcript is expected (`expected`) or being spoken (`live`): its status.",
      { headers: ["Retry-After"], examples: one(expected) },
    ),
    Superseded: empty(
      "Another request has taken the place of this one, since the audio was submitted again or Deepgram's own `request_id` became known: ask there.",
      ["Location"],
    ),
    Deleted: problem(
      "The transcript was deleted.",
      [
        told(410, "Gone", "The transcript was deleted.", {
          request_id,
          state: "deleted",
          deleted_at: "2026-11-25T10:00:00.000Z",
        }),
      ],
      { schemas: ["DeletedProblem"] },
    ),
    Failed: problem("Deepgram could not transcribe the audio: its error.", [failed.problem], {
      schemas: ["FailedProblem"],
    }),
    Overdue: problem(
      LATE,
      [
        told(504, "Gateway Timeout", LATE, {
          request_id,
          state: "overdue",
          expected_at,
          deadline_at,
        }),
      ],
      { schemas: ["OverdueProblem"] },
    ),
  } satisfies Record<string, Answer>;
}
