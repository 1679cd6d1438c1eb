import { cors } from "hono/cors";
import { createMiddleware } from "hono/factory";
import type { AppEnv } from "../config/app-env.ts";

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
export const crossOrigin = createMiddleware<AppEnv>((c, next) =>
  c.var.config.corsOrigins.length === 0 ? next() : allowConfigured(c, next),
);
