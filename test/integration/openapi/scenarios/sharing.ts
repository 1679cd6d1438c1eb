import { ask, guards } from "../ask.ts";
import { notThere, received } from "./states.ts";

const UNSIGNED = { env: { SIGNING_KEYS: "" } };
const BODY = JSON.stringify({ expires_in: 3_600, from: 1, to: 2.5 });

const share = (request_id: string, body = BODY, operation = "shareTranscript") =>
  ask(operation, { params: { request_id }, body });

const shareBy = (operation: string) => async (): Promise<Response[]> => {
  const id = await received();
  const by = (request_id: string, body = BODY) => share(request_id, body, operation);
  return [
    await by(id),
    await by(id, '{"expires_in":60}'),
    await by(id, '{"expires_in":60,"from":2,"to":1}'),
    await by(id, " ".repeat(70_000)),
    ...(await Promise.all((await notThere()).map((other) => by(other)))),
    await ask(operation, { body: BODY, ...UNSIGNED }),
    ...(await Promise.all(guards(operation, { body: BODY }))),
  ];
};

export const shareTranscript = shareBy("shareTranscript");

export const createShare = shareBy("createShare");

export async function listShares(): Promise<Response[]> {
  const request_id = await received();
  await share(request_id);
  return [
    await ask("listShares", { params: { request_id } }),
    await ask("listShares"),
    await ask("listShares", { params: { request_id: "x" } }),
    await ask("listShares", { params: { request_id }, ...UNSIGNED }),
    ...(await Promise.all(guards("listShares"))),
  ];
}

export async function revokeShare(): Promise<Response[]> {
  const request_id = await received();
  const { id } = await (await share(request_id)).json<{ id: string }>();
  const revoke = () => ask("revokeShare", { params: { request_id, id } });
  return [
    await revoke(),
    await revoke(),
    await ask("revokeShare", { params: { request_id: "x" } }),
    ...(await Promise.all(guards("revokeShare"))),
  ];
}
