import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { routePath } from "hono/route";
import { admin } from "./admin/admin.ts";
import type { AppEnv } from "./app-env.ts";
import { configOf } from "./config.ts";
import { health } from "./health.ts";
import { problemResponse } from "./http/problem.ts";
import { log, reasonOf } from "./log.ts";
import { transcripts } from "./read/transcripts.ts";
import { receive } from "./receive/receive.ts";

/** Every route over HTTP. A slash at the end changes nothing: a callback must not be lost over one. */
export const app = new Hono<AppEnv>({ strict: false });

app.use(async (c, next) => {
  c.set("config", configOf(c.env));
  await next();
});

app.on(["POST", "PUT"], "/hook", (c) => receive(c.req.raw, c.env, c.var.config, c.executionCtx));
app.all("/hook", () => methodNotAllowed("POST, PUT"));

app.get("/health", (c) => {
  const report = health(c.var.config);
  return c.json(report, report.status === "ok" ? 200 : 503, { "cache-control": "no-store" });
});
app.all("/health", () => methodNotAllowed("GET, HEAD"));

app.route("/v1/transcripts", transcripts);
app.route("/v1", admin);
app.all("/v1/transcripts/:name", () => methodNotAllowed("GET, HEAD, DELETE"));
app.all("/v1/transcripts/:request_id/status", () => methodNotAllowed("GET, HEAD"));
app.all("/v1/transcripts/:request_id/search", () => methodNotAllowed("GET, HEAD"));
app.all("/v1/quarantine", () => methodNotAllowed("GET, HEAD"));
app.all("/v1/quarantine/:digest", () => methodNotAllowed("GET, HEAD, DELETE"));

app.notFound(() => problemResponse(404, "There is nothing at this address."));

app.onError((error, c) => {
  if (error instanceof HTTPException) return error.getResponse();
  log("error", "unexpected", { path: routePath(c), reason: reasonOf(error) });
  return problemResponse(500, "Something went wrong here; the log has the reason.");
});

function methodNotAllowed(allow: string): Response {
  return problemResponse(405, `This address takes ${allow}.`, { headers: { allow } });
}
