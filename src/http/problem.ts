import { HTTPException } from "hono/http-exception";

const TITLES = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  406: "Not Acceptable",
  409: "Conflict",
  410: "Gone",
  412: "Precondition Failed",
  413: "Content Too Large",
  416: "Range Not Satisfiable",
  422: "Unprocessable Content",
  424: "Failed Dependency",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
  504: "Gateway Timeout",
} as const;

export type ProblemStatus = keyof typeof TITLES;

type Extras = {
  headers?: Record<string, string>;
  /** Extension members of the problem (RFC 9457, section 3.2). */
  members?: Record<string, unknown>;
};

/** A response with the problem details of RFC 9457; `detail` is shown to the client. */
export function problemResponse(
  status: ProblemStatus,
  detail: string,
  { headers, members }: Extras = {},
): Response {
  const body = { title: TITLES[status], status, detail, ...members };
  return new Response(JSON.stringify(body), {
    status,
    headers: {
      "content-type": "application/problem+json",
      "cache-control": "no-store",
      ...headers,
    },
  });
}

/** The same as something to throw: `app.onError` answers with the response it carries. */
export function problem(status: ProblemStatus, detail: string, extras?: Extras): HTTPException {
  return new HTTPException(status, { res: problemResponse(status, detail, extras) });
}
