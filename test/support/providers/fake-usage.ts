import { type Answer, type FakeServer, startFakeServer } from "./fake-server.ts";

/**
 * Starts a simulated Management API of Deepgram that answers for each request what was put there:
 * `PUT /v1/projects/{project}/requests/{request}`. Others are not found. `POST /v1/listen` accepts
 * everything, transcribes nothing, and never calls back; `PUT /v1/listen` says under which `request_id`
 * it accepts the next.
 * https://developers.deepgram.com/reference/manage/usage/get-request
 */
export const startFakeUsage = (): Promise<FakeServer> =>
  startFakeServer(() => {
    const records = new Map<string, unknown>();
    let next: string | null = null;
    return {
      serve: ({ method, path, body, headers }) => {
        if (method === "PUT" && path === "/v1/listen") {
          next = JSON.parse(body).request_id;
          return { status: 204 };
        }
        if (method === "PUT") {
          records.set(path, JSON.parse(body));
          return { status: 204 };
        }
        if (!headers.authorization?.startsWith("Token ")) return { status: 401 };
        if (method === "POST" && path.startsWith("/v1/listen?")) {
          const requestId = next ?? crypto.randomUUID();
          next = null;
          return accepted(requestId);
        }
        return records.has(path) ? { status: 200, body: records.get(path) } : { status: 404 };
      },
      refusal: (status) => ({ err_code: `REFUSED_${status}`, err_msg: "It is refused." }),
      state: () => ({}),
    };
  });

const accepted = (request_id: string): Answer => ({
  status: 200,
  headers: { "dg-request-id": request_id },
  body: { request_id },
});
