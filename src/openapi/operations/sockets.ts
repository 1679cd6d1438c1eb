import { empty, problem, told } from "../answers.ts";
import type { Described } from "../operation.ts";
import { jobParameter, upgrade } from "../parameters.ts";
import { UNVERIFIED } from "./callbacks.ts";

const SOCKET =
  "Takes what else comes by POST: the messages of one stream of audio, each as a text of its own. The stream ends when the socket is closed; one that is opened again continues the transcript of its request. On a job URL, messages of another request go to quarantine and the socket is closed with 1008; a message over 1 MiB goes to quarantine and closes it with 1009. `ping` is answered with `pong`.";

/** `GET` of `/hook` and `/hook/{job}`. */
export const socketOperations: Described[] = [
  socket({
    path: "/hook",
    operationId: "openSocket",
    summary: "Open a WebSocket for streaming audio",
    security: [{ callback: [] }],
  }),
  socket({
    path: "/hook/{job}",
    operationId: "openJobSocket",
    summary: "Open a WebSocket for the streaming audio of a job",
    security: [{ job: [] }, { callback: [] }],
    parameters: [jobParameter],
  }),
];

type Socket = Pick<Described, "path" | "operationId" | "summary" | "security" | "parameters">;

function socket({ parameters = [], ...its }: Socket): Described {
  return {
    ...its,
    method: "get",
    tag: "Receiving",
    scope: null,
    description: SOCKET,
    parameters: [...parameters, upgrade],
    responses: {
      101: empty("It is open."),
      401: UNVERIFIED,
      405: problem(
        "A WebSocket is not what is asked for.",
        [told(405, "Method Not Allowed", "This address takes POST, PUT, or a WebSocket.")],
        { headers: ["Allow"] },
      ),
      503: problem(
        "No credentials are configured.",
        [told(503, "Service Unavailable", "No callback credentials are configured.")],
        { headers: ["Retry-After"] },
      ),
    },
  };
}
