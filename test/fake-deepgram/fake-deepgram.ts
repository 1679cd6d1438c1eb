import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { answerError } from "./answer.ts";
import { control } from "./control-route.ts";
import type { Attempt, Job } from "./job.ts";
import { createJobs, type Jobs } from "./jobs.ts";
import { type Desk, listen, refuse } from "./listen-route.ts";
import { misbehaviour } from "./misbehaviour.ts";
import { usageRequest } from "./requests-route.ts";
import { DEFAULTS, type FakeDeepgramOptions } from "./settings.ts";

export type FakeDeepgram = {
  /** Takes the place of `https://api.deepgram.com`. */
  url: string;
  /** Accepted submissions in order; they change while they run. */
  jobs: readonly Job[];
  /** Behaviours, as in `fake=`, for the next `jobs` jobs, or for all to come. Throws a RangeError. */
  misbehave: (list: string, jobs?: number) => void;
  /** Makes a job's callback once more, with its retries. */
  redeliver: (requestId: string) => Promise<Attempt[]>;
  /** The first job that passes `test`, now or later; rejects after `timeoutMs`, by default 10 s. */
  waitFor: Jobs["waitFor"];
  /** Stops all deliveries and closes all connections. */
  close: () => Promise<void>;
};

const USAGE_PATH = /^\/v1\/projects\/([^/]+)\/requests\/([^/]+)$/;

const isAuthorized = (request: IncomingMessage, key: string | null): boolean => {
  const given = /^(?:Token|Bearer)\s+(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
  return given !== undefined && (key === null || given === key);
};

const route = async (desk: Desk, request: IncomingMessage, response: ServerResponse) => {
  const url = new URL(request.url ?? "/", "http://fake");
  if (url.pathname === "/_control") return control(desk, request, response);
  if (!isAuthorized(request, desk.settings.key)) {
    request.resume();
    return refuse(desk, response, { status: 401, message: "Invalid credentials." });
  }
  if (request.method === "POST" && url.pathname === "/v1/listen")
    return listen(desk, request, response, url);
  const [, project, id] = USAGE_PATH.exec(url.pathname) ?? [];
  if (request.method !== "GET" || project === undefined || id === undefined)
    return answerError(response, 404, "Not found.", "");
  const job = desk.jobs.all.find(({ requestId }) => requestId === id);
  return usageRequest(response, desk.settings, job, { project, request: id });
};

const listening = (server: Server, port: number): Promise<string> =>
  new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    });
  });

/** Starts a simulated Deepgram on 127.0.0.1. Rejects when the port is taken. */
export const startFakeDeepgram = async (
  options: FakeDeepgramOptions = {},
): Promise<FakeDeepgram> => {
  const settings = { ...DEFAULTS, ...options };
  const jobs = createJobs(settings);
  const desk = { settings, jobs, misbehaviour: misbehaviour(settings.fake) };
  const server = createServer((request, response) => {
    route(desk, request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  return {
    url: await listening(server, settings.port),
    jobs: jobs.all,
    misbehave: desk.misbehaviour.order,
    redeliver: jobs.redeliver,
    waitFor: jobs.waitFor,
    close: async () => {
      jobs.stop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
