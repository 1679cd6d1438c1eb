import { createHash } from "node:crypto";
import {
  type Answer,
  type FakeServer,
  jsonFields,
  type Received,
  type Service,
  startFakeServer,
} from "./fake-server.ts";

/** A message that Resend has taken. */
export type ResendEmail = {
  id: string;
  from: string;
  to: string[];
  subject: string;
  html: string | null;
  text: string | null;
  idempotencyKey: string | null;
};

export type FakeResendOptions = { apiKey: string; port?: number };

const MAX_KEY_CHARS = 256;
const MAX_MESSAGE_BYTES = 41_943_040;
const ADDRESS = /^(?:[^<>\r\n]*<([^<>\s]+)>|([^<>\s]+))$/;

/** https://resend.com/docs/api-reference/errors */
const refused = (statusCode: number, name: string, message: string): Answer => ({
  status: statusCode,
  body: { statusCode, name, message },
});

const ORDERED: Record<number, [name: string, message: string]> = {
  400: ["validation_error", "We found an error with one or more fields in the request."],
  401: ["missing_api_key", "Missing API key in the authorization header"],
  403: ["validation_error", "The example.com domain is not verified."],
  409: ["concurrent_idempotent_requests", "The original request is still in progress."],
  422: ["invalid_parameter", "The parameter must be another one."],
  429: ["rate_limit_exceeded", "Too many requests. You can only make 2 requests per second."],
  500: ["internal_server_error", "An unexpected error occurred."],
};

type Fields = Record<string, unknown>;

const isAddress = (value: unknown): boolean => {
  const [, inner, whole] = ADDRESS.exec(typeof value === "string" ? value : "") ?? [];
  return /^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(inner ?? whole ?? "");
};

const faultOf = (fields: Fields, body: string): Answer | null => {
  for (const name of ["from", "to", "subject"]) {
    if (!fields[name]) return refused(422, "missing_required_field", `Missing \`${name}\` field.`);
  }
  if (!fields.html && !fields.text) {
    return refused(422, "missing_required_field", "Missing `html` or `text` field.");
  }
  for (const name of ["from", "to"]) {
    const addresses = [fields[name]].flat();
    if (!addresses.every(isAddress)) {
      return refused(422, "validation_error", `Invalid \`${name}\` field.`);
    }
  }
  if (/[\r\n]/.test(String(fields.subject))) {
    return refused(422, "validation_error", "The `\\n` is not allowed in the `subject` field.");
  }
  if (Buffer.byteLength(body) > MAX_MESSAGE_BYTES) {
    return refused(422, "validation_error", "The message is over 40 MB.");
  }
  return null;
};

const textOf = (value: unknown): string | null => (typeof value === "string" ? value : null);

const resend = ({ apiKey }: FakeResendOptions): Service => {
  const emails: ResendEmail[] = [];
  const known = new Map<string, { body: string; id: string }>();
  const serve = ({ method, path, headers, body }: Received): Answer => {
    const { authorization, "idempotency-key": key = null } = headers;
    if (!authorization)
      return refused(401, "missing_api_key", "Missing API key in the authorization header");
    if (authorization !== `Bearer ${apiKey}`)
      return refused(403, "invalid_api_key", "API key is invalid");
    if (path !== "/emails")
      return refused(404, "not_found", "The requested endpoint does not exist");
    if (method !== "POST") return refused(405, "method_not_allowed", "Method is not allowed");
    if (key !== null && (key === "" || key.length > MAX_KEY_CHARS)) {
      return refused(400, "invalid_idempotency_key", "The key must be between 1-256 chars.");
    }
    const fields = jsonFields(body);
    if (fields === null) return refused(400, "validation_error", "The body is not JSON.");
    const fault = faultOf(fields, body);
    if (fault !== null) return fault;
    const earlier = key === null ? undefined : known.get(key);
    if (earlier !== undefined && earlier.body !== body) {
      const message = "Same idempotency key used with a different request payload.";
      return refused(409, "invalid_idempotent_request", message);
    }
    if (earlier !== undefined) return { status: 200, body: { id: earlier.id } };
    const hash = createHash("md5").update(`${emails.length}`).digest("hex");
    const id = hash.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
    emails.push({
      id,
      from: String(fields.from),
      to: [fields.to].flat().map(String),
      subject: String(fields.subject),
      html: textOf(fields.html),
      text: textOf(fields.text),
      idempotencyKey: key,
    });
    if (key !== null) known.set(key, { body, id });
    return { status: 200, body: { id } };
  };
  return {
    serve,
    refusal: (status) =>
      refused(status, ...(ORDERED[status] ?? ["application_error", "As configured"])).body,
    state: () => ({ emails }),
  };
};

/**
 * Starts a simulated Resend. A key that it has seen gives the first answer again and sends nothing;
 * with another body it is refused.
 * https://resend.com/docs/api-reference/emails/send-email
 */
export const startFakeResend = (options: FakeResendOptions): Promise<FakeServer> =>
  startFakeServer(() => resend(options), options.port);
