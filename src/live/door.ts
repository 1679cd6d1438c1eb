import type { Config } from "../config.ts";
import { problemResponse } from "../http/problem.ts";
import { answer } from "../receive/answer.ts";
import { headerCredential, isConfigured } from "../receive/credential.ts";
import { jobKind } from "../submit/job.ts";
import type { Origin } from "./stream-state.ts";

const ALLOW = "POST, PUT";

/**
 * Opens a WebSocket for the messages of one stream, after its `Authorization` was verified. The
 * stream is that of the job, or of the socket.
 */
export async function openSocket(
  request: Request,
  env: Env,
  config: Config,
  job: string | null,
): Promise<Response> {
  if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
    return problemResponse(405, `This address takes ${ALLOW}, or a WebSocket.`, {
      headers: { allow: ALLOW },
    });
  }
  if (!isConfigured({ job, config })) return answer("unconfigured");
  const credential = await headerCredential({ request, job, config });
  if (credential === null) return answer("unverified");
  const origin: Origin =
    job !== null && jobKind(job) !== null
      ? { name: job, job }
      : { name: `socket-${crypto.randomUUID()}`, job: null };
  const query = new URLSearchParams({ name: origin.name, ...(origin.job && { job: origin.job }) });
  return env.LIVE.getByName(origin.name).fetch(`https://live/?${query}`, {
    headers: { upgrade: "websocket" },
  });
}
