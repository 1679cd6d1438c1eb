import type { ServerResponse } from "node:http";

/** Ends a response with JSON. */
export const answerJson = (
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void => {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
};

const CODES: Record<number, string> = {
  400: "Bad Request",
  401: "INVALID_AUTH",
  402: "ASR_PAYMENT_REQUIRED",
  404: "NOT_FOUND",
  429: "TOO_MANY_REQUESTS",
};

/** Deepgram's error format: https://developers.deepgram.com/docs/errors */
export const answerError = (
  response: ServerResponse,
  status: number,
  message: string,
  requestId: string,
): void =>
  answerJson(
    response,
    status,
    { err_code: CODES[status] ?? "ERROR", err_msg: message, request_id: requestId },
    { "dg-request-id": requestId },
  );
