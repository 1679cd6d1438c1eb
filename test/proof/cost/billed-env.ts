import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { vi } from "vitest";
import { faulty } from "../../support/faulty.ts";
import { type Bill, emptyBill, invoked } from "./bill.ts";

/** A message that waits in the queue. */
export type Queued = { body: unknown; delaySeconds: number };

export type BilledEnv = { env: Env; bill: Bill; queued: Queued[] };

/** https://developers.cloudflare.com/queues/platform/pricing/ */
const QUEUE_UNIT_BYTES = 64_000;

const LEVELS = ["info", "warn", "error"] as const;

type Count = (method: string) => void;

/** Messages are billed by their size. */
export const queueUnits = (body: unknown): number =>
  Math.ceil(new TextEncoder().encode(JSON.stringify(body)).length / QUEUE_UNIT_BYTES);

/** The bindings as they are, with what is billed of their use, and of the log, counted in `bill`. */
export function billedEnv(replaced: Partial<Env> = {}): BilledEnv {
  const bill = emptyBill();
  const queued: Queued[] = [];
  for (const level of LEVELS) vi.spyOn(console, level).mockImplementation(() => bill.logEvents++);
  const write = (body: unknown, delaySeconds = 0) => {
    bill.queueOperations += queueUnits(body);
    queued.push({ body: structuredClone(body), delaySeconds });
  };
  const billed: Env = {
    ...env,
    ...replaced,
    TRANSCRIPTS: billedBucket(bill),
    CATALOGUE: billedDatabase(bill),
    SETTINGS: calls(env.SETTINGS, (method) => {
      if (method.startsWith("get")) bill.kvReads++;
      else bill.kvWrites++;
    }),
    METRICS: { writeDataPoint: () => void bill.dataPoints++ },
    LIVE: faulty(env.LIVE, {
      getByName: (name: string) =>
        calls(env.LIVE.getByName(name), () => invoked(bill, "objectRequests")),
    }),
    SEARCH_INDEX: faulty(env.SEARCH_INDEX, {
      getByName: (name: string) => billedIndex(bill, name),
    }),
    FOLLOW_UP_QUEUE: {
      send: async (body: unknown, options?: QueueSendOptions) => write(body, options?.delaySeconds),
      sendBatch: async (messages: Iterable<MessageSendRequest>) => {
        for (const { body, delaySeconds } of messages) write(body, delaySeconds);
      },
    } as unknown as Queue,
  };
  return { env: billed, bill, queued };
}

function calls<Binding extends object>(binding: Binding, count: Count): Binding {
  return new Proxy(binding, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      return (...parameters: unknown[]) => {
        count(String(name));
        return Reflect.apply(value, target, parameters);
      };
    },
  });
}

type IndexMethod = "put" | "remove" | "newest" | "ranked";

/** The index of a month, whose methods run with the rows counted that each statement writes. */
function billedIndex(bill: Bill, name: string) {
  const stub = env.SEARCH_INDEX.getByName(name);
  const billed =
    (method: IndexMethod) =>
    async (asked: never): Promise<unknown> => {
      invoked(bill, "objectRequests");
      return runInDurableObject(stub, (index, { storage: { sql } }) => {
        const exec = sql.exec.bind(sql);
        const cursors: SqlStorageCursor<never>[] = [];
        sql.exec = ((query: string, ...values: unknown[]) => {
          const cursor = exec<never>(query, ...values);
          cursors.push(cursor);
          return cursor;
        }) as typeof sql.exec;
        const answer: unknown = index[method](asked);
        sql.exec = exec;
        for (const { rowsWritten } of cursors) bill.objectRowsWritten += rowsWritten;
        return answer;
      });
    };
  return Object.fromEntries(
    (["put", "remove", "newest", "ranked"] as const).map((method) => [method, billed(method)]),
  );
}

function billedBucket(bill: Bill): R2Bucket {
  const upload = (made: R2MultipartUpload) =>
    calls(made, (method) => {
      if (method === "uploadPart" || method === "complete") bill.r2ClassA++;
    });
  const bucket = calls(env.TRANSCRIPTS, (method) => {
    if (method === "put" || method === "list") bill.r2ClassA++;
    if (method === "get" || method === "head") bill.r2ClassB++;
  });
  return faulty(bucket, {
    createMultipartUpload: async (key: string, options?: R2MultipartOptions) => {
      bill.r2ClassA++;
      return upload(await env.TRANSCRIPTS.createMultipartUpload(key, options));
    },
    resumeMultipartUpload: (key: string, id: string) =>
      upload(env.TRANSCRIPTS.resumeMultipartUpload(key, id)),
  });
}

function billedDatabase(bill: Bill): D1Database {
  const originals = new WeakMap<D1PreparedStatement, D1PreparedStatement>();
  const add = <Result extends D1Result>(result: Result): Result => {
    bill.d1RowsRead += result.meta.rows_read;
    bill.d1RowsWritten += result.meta.rows_written;
    return result;
  };
  const meter = (statement: D1PreparedStatement): D1PreparedStatement => {
    const all = async () => add(await statement.all<Record<string, unknown>>());
    const metered = faulty(statement, {
      bind: (...values: unknown[]) => meter(statement.bind(...values)),
      all,
      run: async () => add(await statement.run()),
      first: async (column?: string) => {
        const row = (await all()).results[0];
        return row === undefined || column === undefined ? (row ?? null) : row[column];
      },
      raw: () => Promise.reject(new Error("raw tells nothing of rows")),
    });
    originals.set(metered, statement);
    return metered;
  };
  return faulty(env.CATALOGUE, {
    prepare: (sql: string) => meter(env.CATALOGUE.prepare(sql)),
    batch: async (statements: D1PreparedStatement[]) => {
      const known = statements.map((one) => originals.get(one) ?? one);
      return (await env.CATALOGUE.batch(known)).map(add);
    },
  });
}
