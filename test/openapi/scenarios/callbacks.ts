import { env } from "cloudflare:workers";
import { errorBody } from "../../support/bodies/errors.ts";
import { BASIC, transcript } from "../../support/deliver.ts";
import { faulty, refuses } from "../../support/faulty.ts";
import { type Asking, ask } from "../ask.ts";

const callbacks = (operationId: string) => async (): Promise<Response[]> => {
  const deliver = (body: string, { headers, ...asking }: Asking = {}) =>
    ask(operationId, { ...asking, body, headers: { authorization: BASIC, ...headers } });
  const { id, body } = transcript();
  const away = refuses("away");
  return [
    await deliver(body),
    await deliver(body),
    await deliver(transcript({ requestId: id, seed: 2 }).body),
    await deliver(errorBody("category", crypto.randomUUID())),
    await deliver(body, { headers: { "content-length": "5" } }),
    await deliver(body, { headers: { authorization: "Basic wrong" } }),
    await deliver(body, { env: { MAX_CALLBACK_BYTES: "10" } }),
    await deliver("hello"),
    await deliver(body, {
      env: { TRANSCRIPTS: faulty(env.TRANSCRIPTS, { put: away, head: away }) },
    }),
    await deliver(body, { env: { CALLBACK_CREDENTIALS: "", CALLBACK_SECRETS: "" } }),
  ];
};

export const receiveCallback = callbacks("receiveCallback");
export const receiveCallbackByPut = callbacks("receiveCallbackByPut");
