import { cors } from "hono/cors";
import { createMiddleware } from "hono/factory";
import { HonoBase } from "hono/hono-base";
import { HTTPException } from "hono/http-exception";
import { routePath } from "hono/route";
import { TrieRouter } from "hono/router/trie-router";
import { getPath } from "hono/utils/url";
import { requireScope } from "./auth/require-scope.ts";
import { type AppEnv, configOf } from "./config/config.ts";
import { problemResponse } from "./http/problem.ts";
import { allowOf, knownParameters } from "./http/route.ts";
import { discardBody } from "./lib/discard-body.ts";
import { log, reasonOf } from "./lib/log.ts";
import { successorUrl } from "./read/require-transcript.ts";
import { ROUTES } from "./routes.ts";

const NO_SNIFF = ["x-content-type-options", "nosniff"] as const;

const PREFLIGHT_MAX_AGE_SECONDS = 7_200;

const allowConfigured = cors({
  origin: (origin, c) => (c.var.config.corsOrigins.includes(origin) ? origin : null),
  allowMethods: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
  allowHeaders: [
    "Accept",
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "If-Range",
    "Last-Event-ID",
    "Range",
  ],
  exposeHeaders: [
    "Accept-Ranges",
    "Content-Disposition",
    "Content-Range",
    "dg-error",
    "dg-request-id",
    "ETag",
    "Idempotency-Replayed",
    "Repr-Digest",
    "Retry-After",
  ],
  maxAge: PREFLIGHT_MAX_AGE_SECONDS,
});

/** Lets pages of the origins in `CORS_ORIGINS` call the API; without any, no header says anything. */
const crossOrigin = createMiddleware<AppEnv>((c, next) =>
  c.get("config").corsOrigins.length === 0 ? next() : allowConfigured(c, next),
);

/** Every route over HTTP. Slashes at the end change nothing: a callback must not be lost over one. */
export const app = new HonoBase<AppEnv>({
  router: new TrieRouter(),
  getPath(request) {
    const path = getPath(request);
    let end = path.length;
    while (end > 1 && path[end - 1] === "/") end--;
    return path.slice(0, end);
  },
});

app.use(async (c, next) => {
  c.set("config", configOf(c.env));
  await next();
  const { res } = c;
  if (res.status >= 400) await discardUnread(c.req.raw);
  // On every answer: no browser may take a transcript, or an error, for another type than it says.
  try {
    res.headers.set(...NO_SNIFF);
  } catch {
    // The headers of a response that was fetched cannot be changed: this makes a copy.
    c.header(...NO_SNIFF);
  }
});

async function discardUnread({ body, bodyUsed }: Request): Promise<void> {
  if (body === null || bodyUsed || body.locked) return;
  const chunks = body.getReader({ mode: "byob" });
  await discardBody(chunks);
  // What is not read is not waited for.
  chunks.cancel().catch(() => {});
}

app.use("/v1/*", crossOrigin);

for (const { method, path, scope, query = [], handle } of ROUTES) {
  const isChecked = path.startsWith("/v1/") && query !== "any";
  const checked = isChecked ? knownParameters(query, handle) : handle;
  app.on(method, path, scope === null ? checked : requireScope(scope, checked));
}

// Asked only when no route takes the request.
const paths = new TrieRouter<string>();
for (const path of new Set(ROUTES.map((route) => route.path))) paths.add("ALL", path, path);

app.notFound((c) => {
  const [[first]] = paths.match("ALL", c.req.path);
  if (first === undefined)
    return problemResponse(404, "unknown_route", "There is nothing at this address.");
  const allow = allowOf(ROUTES, first[0]);
  return problemResponse(405, "method_not_allowed", `This address takes ${allow}.`, {
    headers: { allow },
  });
});

app.onError((error, c) => {
  if (error instanceof HTTPException) {
    const successor = successorUrl(error, c.req.url);
    return successor === null ? error.getResponse() : c.redirect(successor, 307);
  }
  log("error", "unexpected", { path: routePath(c), reason: reasonOf(error) });
  return problemResponse(
    500,
    "internal_error",
    "Something went wrong here; the log has the reason.",
  );
});
