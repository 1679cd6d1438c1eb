import { env } from "cloudflare:workers";
import { jobCode, newJob } from "../../../../src/auth/job-credentials.ts";
import { bodyBytes } from "../../../../src/store/take-body.ts";
import { errorBody } from "../../../support/bodies/errors.ts";
import { BASIC, basic, transcript } from "../../../support/deliver.ts";
import { faulty, refuses } from "../../../support/faulty.ts";
import { type Asking, ask, CONFIGURED } from "../ask.ts";

const away = refuses("away");
const R2_AWAY = { TRANSCRIPTS: faulty(env.TRANSCRIPTS, { put: away, head: away }) };
const UNCONFIGURED = { CALLBACK_CREDENTIALS: "", CALLBACK_SECRETS: "", SIGNING_KEYS: "" };

/** What is answered at both addresses to the same deliveries. */
async function common(deliver: (body: string, asking?: Asking) => Promise<Response>) {
  const { id, body } = transcript();
  return [
    await deliver(body),
    await deliver(body),
    await deliver(transcript({ requestId: id, seed: 2 }).body),
    await deliver(body, { headers: { "content-length": "5" } }),
    await deliver(body, { headers: { authorization: "Basic wrong" } }),
    await deliver(body, { env: { MAX_CALLBACK_BYTES: "10" } }),
    await deliver(body, { env: R2_AWAY }),
    await deliver(body, { env: UNCONFIGURED }),
    await whileFull(() => deliver(body)),
  ];
}

/** As long as other bodies hold all of the memory that bodies may have. */
async function whileFull(send: () => Promise<Response>): Promise<Response> {
  const others = bodyBytes.open();
  while (others.take(1_024));
  const response = await send();
  others.release();
  return response;
}

const callbacks = (operationId: string) => async (): Promise<Response[]> => {
  const deliver = (body: string, { headers, ...asking }: Asking = {}) =>
    ask(operationId, { ...asking, body, headers: { authorization: BASIC, ...headers } });
  return [
    ...(await common(deliver)),
    await deliver(errorBody("category", crypto.randomUUID())),
    await deliver("hello"),
  ];
};

const jobCallbacks = (operationId: string) => async (): Promise<Response[]> => {
  const to = async (kind: "s" | "x") => {
    const job = newJob(kind, Date.now());
    const authorization = basic(`${job}:${await jobCode(job, String(CONFIGURED.SIGNING_KEYS))}`);
    return (body: string, { headers, ...asking }: Asking = {}) =>
      ask(operationId, {
        ...asking,
        params: { job },
        body,
        headers: { authorization, ...headers },
      });
  };
  // Its submission has not recorded the answer, and never will.
  const early = (await to("s"))("The audio could not be fetched.");
  const deliver = await to("x");
  return [
    ...(await common(deliver)),
    await deliver("The audio could not be fetched."),
    await deliver(transcript().body),
    await early,
  ];
};

const sockets = (operationId: string) => async (): Promise<Response[]> => {
  const open = (headers: Record<string, string> = {}, env: Partial<Env> = {}) =>
    ask(operationId, {
      headers: { upgrade: "websocket", authorization: BASIC, ...headers },
      env,
    });
  return [
    await open(),
    await open({ authorization: "Basic wrong" }),
    await open({ upgrade: "h2c" }),
    await open({}, UNCONFIGURED),
  ];
};

export const openSocket = sockets("openSocket");
export const openJobSocket = sockets("openJobSocket");
export const receiveCallback = callbacks("receiveCallback");
export const receiveCallbackByPut = callbacks("receiveCallbackByPut");
export const receiveJobCallback = jobCallbacks("receiveJobCallback");
export const receiveJobCallbackByPut = jobCallbacks("receiveJobCallbackByPut");
