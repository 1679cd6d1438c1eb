import { createHash } from "node:crypto";
import {
  type Answer,
  type FakeServer,
  type Received,
  type Service,
  startFakeServer,
} from "./fake-server.ts";

/** A message that Twilio has taken: it costs money, and a phone rings. */
export type TwilioMessage = {
  sid: string;
  to: string;
  from: string | null;
  messagingServiceSid: string | null;
  body: string;
  encoding: "GSM-7" | "UCS-2";
  segments: number;
};

export type FakeTwilioOptions = { accountSid: string; authToken: string; port?: number };

const MAX_BODY_CHARS = 1_600;
const GSM_7 =
  /^[@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà\f^{}\\[~\]|€]*$/;

/** https://www.twilio.com/docs/usage/twilios-response#error-and-exception-responses */
const refused = (status: number, code: number, message: string): Answer => ({
  status,
  body: { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status },
});

const ORDERED: Record<number, [code: number, message: string]> = {
  400: [21211, "Invalid 'To' Phone Number: +1555XXXXXXX"],
  401: [20003, "Authenticate"],
  403: [20403, "Forbidden"],
  404: [20404, "The requested resource was not found"],
  429: [20429, "Too Many Requests"],
  500: [20500, "An internal server error has occurred"],
  503: [20503, "Service is unavailable"],
};

/** Segments as they are charged: 160 septets or 70 units alone, 153 or 67 with a header. */
const segmentsOf = (body: string): Pick<TwilioMessage, "encoding" | "segments"> => {
  const isGsm = GSM_7.test(body);
  const units = isGsm ? body.length + (body.match(/[\f^{}\\[~\]|€]/g)?.length ?? 0) : body.length;
  const [alone, linked] = isGsm ? [160, 153] : [70, 67];
  const segments = units <= alone ? 1 : Math.ceil(units / linked);
  return { encoding: isGsm ? "GSM-7" : "UCS-2", segments };
};

const faultOf = (form: URLSearchParams): Answer | null => {
  const [to, body] = [form.get("To"), form.get("Body")];
  if (!to) return refused(400, 21604, "A 'To' phone number is required.");
  if (!/^\+[1-9]\d{6,14}$/.test(to)) return refused(400, 21211, `Invalid 'To' Phone Number: ${to}`);
  if (!form.get("From") && !form.get("MessagingServiceSid")) {
    return refused(400, 21603, "A 'From' phone number is required.");
  }
  if (form.get("From") === to)
    return refused(400, 21266, `'To' and 'From' number cannot be the same: ${to}`);
  if (!body) return refused(400, 21602, "Message body is required.");
  if (body.length > MAX_BODY_CHARS) {
    return refused(400, 21617, "The concatenated message body exceeds the 1600 character limit.");
  }
  return null;
};

const created = (message: TwilioMessage, accountSid: string): Answer => ({
  status: 201,
  body: {
    account_sid: accountSid,
    api_version: "2010-04-01",
    body: message.body,
    date_created: new Date().toUTCString(),
    date_sent: null,
    direction: "outbound-api",
    error_code: null,
    error_message: null,
    from: message.from,
    messaging_service_sid: message.messagingServiceSid,
    num_segments: message.messagingServiceSid === null ? String(message.segments) : "0",
    sid: message.sid,
    status: message.messagingServiceSid === null ? "queued" : "accepted",
    to: message.to,
    uri: `/2010-04-01/Accounts/${accountSid}/Messages/${message.sid}.json`,
  },
});

const twilio = ({ accountSid, authToken }: FakeTwilioOptions): Service => {
  const messages: TwilioMessage[] = [];
  const basic = `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString("base64")}`;
  const serve = ({ method, path, headers, body }: Received): Answer => {
    if (headers.authorization !== basic) return refused(401, 20003, "Authenticate");
    if (path !== `/2010-04-01/Accounts/${accountSid}/Messages.json`) {
      return refused(404, 20404, `The requested resource ${path} was not found`);
    }
    if (method !== "POST") return refused(405, 20004, "Method not allowed");
    const isForm = /^application\/x-www-form-urlencoded(;|$)/.test(headers["content-type"] ?? "");
    const form = new URLSearchParams(isForm ? body : "");
    const fault = faultOf(form);
    if (fault !== null) return fault;
    const text = form.get("Body") ?? "";
    const number = createHash("md5").update(String(messages.length)).digest("hex");
    const message: TwilioMessage = {
      sid: `SM${number}`,
      to: form.get("To") ?? "",
      from: form.get("From"),
      messagingServiceSid: form.get("MessagingServiceSid"),
      body: text,
      ...segmentsOf(text),
    };
    messages.push(message);
    return created(message, accountSid);
  };
  return {
    serve,
    refusal: (status) => refused(status, ...(ORDERED[status] ?? [status, "As configured"])).body,
    state: () => ({ messages }),
  };
};

/**
 * Starts a simulated Twilio that takes messages, and sends the same one twice when asked twice.
 * https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource
 */
export const startFakeTwilio = (options: FakeTwilioOptions): Promise<FakeServer> =>
  startFakeServer(() => twilio(options), options.port);
