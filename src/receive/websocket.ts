import { jobKind } from "../auth/job.ts";
import { headerCredential, isConfigured } from "../auth/verify.ts";
import { countRefused } from "../catalogue/signals.ts";
import type { Config } from "../config/config.ts";
import { problemResponse } from "../http/problem.ts";
import { observe } from "../lib/log.ts";
import { liveObject } from "../live/owner.ts";
import type { Origin } from "../live/stream-state.ts";
import { answer } from "./answer.ts";

const ALLOW = "POST, PUT";

/**
 * Opens a WebSocket for the messages of one stream, after its `Authorization` was verified. The
 * stream is that of the job, or of the socket.
 */
export async function openSocket(
  request: Request,
  env: Env,
  config: Config,
  context: Pick<ExecutionContext, "waitUntil">,
  job: string | null,
): Promise<Response> {
  const started = Date.now();
  if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
    return problemResponse(
      405,
      "method_not_allowed",
      `This address takes ${ALLOW}, or a WebSocket.`,
      {
        headers: { allow: ALLOW },
      },
    );
  }
  const refuse = (outcome: "unconfigured" | "unverified") => {
    const ms = Date.now() - started;
    observe(env, "info", "callback", { outcome, reason: "live", ms });
    context.waitUntil(countRefused(env.CATALOGUE, Date.now()));
    return answer({ outcome });
  };
  if (!isConfigured({ job, config })) return refuse("unconfigured");
  const credential = await headerCredential({ request, job, config });
  if (credential === null) return refuse("unverified");
  const origin: Origin =
    job !== null && jobKind(job) !== null
      ? { name: job, job }
      : { name: `socket-${crypto.randomUUID()}`, job: null };
  const query = new URLSearchParams({ name: origin.name, ...(origin.job && { job: origin.job }) });
  return liveObject(env, origin.name).fetch(`https://live/?${query}`, {
    headers: { upgrade: "websocket" },
  });
}
