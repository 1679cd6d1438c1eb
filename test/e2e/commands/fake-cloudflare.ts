import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { DatabaseSync } from "node:sqlite";
import { buffer } from "node:stream/consumers";

/** One account of Cloudflare as its API shows it: https://developers.cloudflare.com/api/ */
export type Account = {
  queues: string[];
  /** By bucket. */
  lifecycle: Map<string, LifecycleRule[]>;
  /** Of buckets and databases that have one, by name: where they were made. */
  jurisdictions: Map<string, string>;
  databases: Map<string, DatabaseSync>;
  namespaces: string[];
  /** What was uploaded, by Worker. */
  workers: Map<string, Worker>;
  /** `METHOD /path` of every request that changed something, in order. */
  changes: string[];
  /** What is refused, and by which error of the API. */
  refused: { what: RegExp; code: number } | null;
};

export type LifecycleRule = {
  id: string;
  enabled: boolean;
  conditions: { prefix?: string };
  deleteObjectsTransition?: { condition: { maxAge: number } };
  abortMultipartUploadsTransition?: { condition: { maxAge: number } };
};

export type Worker = {
  /** Names and values. */
  secrets: Record<string, string>;
  /** Of the last version. */
  bindings: { type: string; name: string; text?: string; id?: string; jurisdiction?: string }[];
  /** Its id, as it is given to the Worker. */
  version: string;
};

type Answer = { status: number; result: unknown; errors: { code: number; message: string }[] };

type Asked = {
  method: string;
  params: string[];
  query: URLSearchParams;
  body: Buffer;
  /** Buckets of other jurisdictions are not there for it. */
  jurisdiction: string | undefined;
};

const ACCOUNT = "0123456789abcdef0123456789abcdef";
const WEEK_SECONDS = 604_800;

const ok = (result: unknown): Answer => ({ status: 200, result, errors: [] });

const refuse = (status: number, code: number, message: string): Answer => ({
  status,
  result: null,
  errors: [{ code, message }],
});

const noWorker = () => refuse(404, 10_007, "This Worker does not exist on your account.");
const noBucket = () => refuse(404, 10_006, "The specified bucket does not exist.");

const jsonOf = <Value>({ body }: Asked) => JSON.parse(body.toString()) as Value;

/** Every bucket begins with this one: https://developers.cloudflare.com/r2/buckets/object-lifecycles/ */
const defaultRule = (): LifecycleRule => ({
  id: "Default Multipart Abort Rule",
  enabled: true,
  conditions: { prefix: "" },
  abortMultipartUploadsTransition: { condition: { maxAge: WEEK_SECONDS } },
});

/** What wrangler asks of the API in a deployment; a path that is not here is answered 404. */
const routes = (account: Account): [RegExp, (asked: Asked) => Answer | Promise<Answer>][] => {
  const { queues, lifecycle, jurisdictions, databases, namespaces, workers } = account;
  const rulesOf = ({ params: [name = ""], jurisdiction }: Asked) =>
    jurisdictions.get(name) === jurisdiction ? lifecycle.get(name) : undefined;
  const databaseJson = (name: string, database: DatabaseSync) => ({
    name,
    uuid: uuidOf(database),
    jurisdiction: jurisdictions.get(name) ?? null,
  });
  return [
    [
      /^GET \/queues$/,
      ({ query }) => {
        const found = queues.filter((name) => !query.has("name") || name === query.get("name"));
        return ok(
          found.map((name) => ({ queue_name: name, queue_id: name, producers: [], consumers: [] })),
        );
      },
    ],
    [
      /^POST \/queues$/,
      (asked) => {
        const { queue_name } = jsonOf<{ queue_name: string }>(asked);
        if (queues.includes(queue_name)) {
          return refuse(409, 11_009, `Queue name '${queue_name}' is already taken.`);
        }
        queues.push(queue_name);
        return ok({ queue_name, queue_id: queue_name });
      },
    ],
    [/^GET \/queues\/[\w-]+\/consumers$/, () => ok([])],
    [/^(POST|PUT) \/queues\/[\w-]+\/consumers$/, () => ok({})],
    [
      /^GET \/d1\/database$/,
      () => ok([...databases].map(([name, database]) => databaseJson(name, database))),
    ],
    [
      /^POST \/d1\/database$/,
      (asked) => {
        const { name, jurisdiction } = jsonOf<{ name: string; jurisdiction?: string }>(asked);
        const database = new DatabaseSync(":memory:");
        databases.set(name, database);
        if (jurisdiction) jurisdictions.set(name, jurisdiction);
        return ok(databaseJson(name, database));
      },
    ],
    [
      /^GET \/d1\/database\/([\w-]+)$/,
      ({ params: [id] }) => {
        const found = [...databases].find(([name, it]) => name === id || uuidOf(it) === id);
        if (found === undefined) return refuse(404, 7_404, "The database could not be found");
        return ok(databaseJson(...found));
      },
    ],
    [
      /^POST \/d1\/database\/([\w-]+)\/query$/,
      (asked) => {
        const database = [...databases.values()].find((it) => uuidOf(it) === asked.params[0]);
        const { sql } = jsonOf<{ sql: string }>(asked);
        if (database === undefined) return refuse(404, 7_404, "The database could not be found");
        try {
          const results = /^\s*SELECT/i.test(sql) ? database.prepare(sql).all() : [];
          if (results.length === 0) database.exec(sql);
          return ok([{ results, success: true, meta: {} }]);
        } catch (error) {
          return refuse(400, 7_500, String(error));
        }
      },
    ],
    [
      /^POST \/r2\/buckets$/,
      (asked) => {
        const { name } = jsonOf<{ name: string }>(asked);
        lifecycle.set(name, [defaultRule()]);
        if (asked.jurisdiction) jurisdictions.set(name, asked.jurisdiction);
        return ok({});
      },
    ],
    [/^GET \/r2\/buckets$/, () => ok({ buckets: [...lifecycle.keys()].map((name) => ({ name })) })],
    [
      /^GET \/r2\/buckets\/([\w-]+)$/,
      (asked) => (rulesOf(asked) ? ok({ name: asked.params[0] }) : noBucket()),
    ],
    [
      /^(?:GET|PUT) \/r2\/buckets\/([\w-]+)\/lifecycle$/,
      (asked) => {
        const [name = ""] = asked.params;
        if (rulesOf(asked) === undefined) return noBucket();
        if (asked.method === "PUT") {
          lifecycle.set(name, jsonOf<{ rules: LifecycleRule[] }>(asked).rules);
        }
        return ok({ rules: lifecycle.get(name) });
      },
    ],
    [
      /^GET \/storage\/kv\/namespaces$/,
      () => ok(namespaces.map((title) => ({ title, id: title }))),
    ],
    [
      /^POST \/storage\/kv\/namespaces$/,
      (asked) => {
        const { title } = jsonOf<{ title: string }>(asked);
        namespaces.push(title);
        return ok({ title, id: title });
      },
    ],
    [/^GET \/workers\/subdomain$/, () => ok({ subdomain: "acme" })],
    [
      /^GET \/workers\/services\/([\w-]+)$/,
      ({ params: [name = ""] }) =>
        workers.has(name)
          ? ok({ default_environment: { script: { last_deployed_from: "wrangler", tags: [] } } })
          : refuse(404, 10_090, "This service does not exist on your account."),
    ],
    [
      /^GET \/workers\/scripts\/([\w-]+)\/(?:settings|deployments)$/,
      ({ params: [name = ""] }) =>
        workers.has(name)
          ? ok({ bindings: workers.get(name)?.bindings, deployments: [] })
          : noWorker(),
    ],
    [
      /^GET \/workers\/scripts\/([\w-]+)\/secrets$/,
      ({ params: [name = ""] }) => {
        const worker = workers.get(name);
        if (worker === undefined) return noWorker();
        return ok(Object.keys(worker.secrets).map((name) => ({ name, type: "secret_text" })));
      },
    ],
    [
      /^GET \/workers\/workers\/([\w-]+)$/,
      ({ params: [name = ""] }) =>
        workers.has(name) ? ok({ name, subdomain: { enabled: true } }) : noWorker(),
    ],
    [
      /^POST \/workers\/scripts\/[\w-]+\/assets-upload-session$/,
      () => ok({ jwt: "assets", buckets: [] }),
    ],
    [/^PUT \/workers\/scripts\/([\w-]+)$/, (asked) => upload(workers, asked)],
    [/^(?:GET|POST) \/workers\/scripts\/[\w-]+\/subdomain$/, () => ok({ enabled: true })],
    [/^PUT \/workers\/scripts\/[\w-]+\/schedules$/, () => ok({ schedules: [] })],
    [/^PATCH \/workers\/scripts\/[\w-]+\/script-settings$/, () => ok({})],
  ];
};

/**
 * Multipart upload of a version: what `metadata` says of bindings, and the secrets among them. What is
 * inherited is as the version before had it.
 */
async function upload(workers: Account["workers"], asked: Asked): Promise<Answer> {
  const [name = ""] = asked.params;
  const type = `multipart/form-data; boundary=${/^--(\S+)/.exec(asked.body.toString())?.[1]}`;
  const form = await new Response(new Uint8Array(asked.body), {
    headers: { "content-type": type },
  }).formData();
  const { bindings } = JSON.parse(String(form.get("metadata"))) as Pick<Worker, "bindings">;
  const given = bindings.filter(({ type }) => type === "secret_text");
  const secrets = {
    ...workers.get(name)?.secrets,
    ...Object.fromEntries(given.map(({ name, text = "" }) => [name, text])),
  };
  const before = workers.get(name)?.bindings ?? [];
  const kept = bindings
    .filter(({ type }) => type !== "secret_text")
    .map((it) => (it.type === "inherit" && before.find((old) => old.name === it.name)) || it);
  const version = randomUUID();
  workers.set(name, { secrets, bindings: kept, version });
  return ok({ id: name, deployment_id: version.replaceAll("-", ""), startup_time_ms: 5 });
}

const uuids = new WeakMap<DatabaseSync, string>();

/** One made anew under a name has another. */
function uuidOf(database: DatabaseSync): string {
  const uuid = uuids.get(database) ?? randomUUID();
  uuids.set(database, uuid);
  return uuid;
}

export type FakeCloudflare = {
  account: Account;
  /** For the process that runs wrangler. */
  env: Record<string, string>;
  /** Requests that had no answer here. */
  unknown: string[];
  close: () => Promise<void>;
};

/** Starts the API of one account on a free port. */
export async function fakeCloudflare(): Promise<FakeCloudflare> {
  const account: Account = {
    queues: [],
    lifecycle: new Map(),
    jurisdictions: new Map(),
    databases: new Map(),
    namespaces: [],
    workers: new Map(),
    changes: [],
    refused: null,
  };
  const table = routes(account);
  const unknown: string[] = [];
  const server = createServer(async (request, response) => {
    const { method = "", url = "" } = request;
    const { pathname, searchParams } = new URL(url, "http://127.0.0.1");
    const what = `${method} ${pathname.replace(`/client/v4/accounts/${ACCOUNT}`, "")}`;
    const body = await buffer(request);
    const jurisdiction = request.headers["cf-r2-jurisdiction"]?.toString();
    const found = table.find(([path]) => path.test(what));
    const params = found?.[0].exec(what)?.slice(1) ?? [];
    const isRefused = account.refused?.what.test(what) === true;
    if (found === undefined) unknown.push(what);
    else if (method !== "GET" && !isRefused) account.changes.push(what);
    const answer = isRefused
      ? refuse(403, account.refused?.code ?? 0, "It is refused")
      : ((await found?.[1]({ method, params, query: searchParams, body, jurisdiction })) ??
        refuse(404, 7_003, "No route for that URI"));
    const { status, result, errors } = answer;
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify({ success: status < 400, result, errors, messages: [] }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    account,
    unknown,
    env: {
      CLOUDFLARE_API_BASE_URL: `http://127.0.0.1:${port}/client/v4`,
      CLOUDFLARE_API_TOKEN: "a-token",
      CLOUDFLARE_ACCOUNT_ID: ACCOUNT,
      WRANGLER_SEND_METRICS: "false",
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
