import { type FakeServer, startFakeServer } from "./fake-server.ts";

/**
 * Starts a simulated Management API of Deepgram that answers for each request what was put there:
 * `PUT /v1/projects/{project}/requests/{request}`. Others are not found.
 * https://developers.deepgram.com/reference/manage/usage/get-request
 */
export const startFakeUsage = (): Promise<FakeServer> =>
  startFakeServer(() => {
    const records = new Map<string, unknown>();
    return {
      serve: ({ method, path, body, headers }) => {
        if (method === "PUT") {
          records.set(path, JSON.parse(body));
          return { status: 204 };
        }
        if (!headers.authorization?.startsWith("Token ")) return { status: 401 };
        return records.has(path) ? { status: 200, body: records.get(path) } : { status: 404 };
      },
      state: () => ({}),
    };
  });
