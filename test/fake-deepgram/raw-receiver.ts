import { type AddressInfo, createServer, type Socket } from "node:net";

/** A request as it came over the wire; header names keep their case and order. */
export type RawRequest = {
  line: string;
  headers: [name: string, value: string][];
  /** Chunked bodies stay in chunks. */
  body: Buffer;
  /** False when the connection ended before the body did. */
  complete: boolean;
  /** Milliseconds since 1970, when it ended. */
  at: number;
};

export type RawReceiver = {
  /** `http://127.0.0.1:PORT` */
  url: string;
  requests: RawRequest[];
  /** Answers of the next requests; 200 when there is none left, 0 never answers. */
  statuses: number[];
  close: () => Promise<void>;
};

const HEAD_END = "\r\n\r\n";
const LAST_CHUNK = "0\r\n\r\n";

const parse = (bytes: Buffer): RawRequest | null => {
  const end = bytes.indexOf(HEAD_END);
  if (end < 0) return null;
  const [line = "", ...lines] = bytes.toString("latin1", 0, end).split("\r\n");
  const headers = lines.map((text): [string, string] => {
    const colon = text.indexOf(": ");
    return [text.slice(0, colon), text.slice(colon + 2)];
  });
  const body = bytes.subarray(end + HEAD_END.length);
  const length = headers.find(([name]) => name === "content-length")?.[1];
  const complete =
    length === undefined ? body.toString("latin1").endsWith(LAST_CHUNK) : body.length >= +length;
  return { line, headers, body, complete, at: Date.now() };
};

const serve = (socket: Socket, { requests, statuses }: RawReceiver): void => {
  const chunks: Buffer[] = [];
  let done = false;
  socket.on("error", () => {});
  socket.on("data", (chunk) => {
    chunks.push(chunk);
    const request = parse(Buffer.concat(chunks));
    if (!request?.complete) return;
    done = true;
    requests.push(request);
    const status = statuses.shift() ?? 200;
    if (status > 0) socket.end(`HTTP/1.1 ${status} Configured\r\nContent-Length: 0\r\n\r\n`);
  });
  socket.on("close", () => {
    const request = done ? null : parse(Buffer.concat(chunks));
    if (request !== null) requests.push(request);
  });
};

/** Starts a TCP server that shows requests as they are, with no HTTP library in between. */
export const startRawReceiver = async (): Promise<RawReceiver> => {
  const sockets = new Set<Socket>();
  const receiver: RawReceiver = {
    url: "",
    requests: [],
    statuses: [],
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    serve(socket, receiver);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return receiver;
};
