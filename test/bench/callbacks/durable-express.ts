import { open } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import express from "express";

// The receiver of the guides (test/peers/express) with its worst faults mended: bodies of any size, and
// an answer only when the file is on the disk. `node durable-express.ts FOLDER USER PASSWORD` prints its
// port.

const [folder = "", user = "", password = ""] = process.argv.slice(2);
const expected = `Basic ${btoa(`${user}:${password}`)}`;

const app = express();
app.use(express.json({ limit: "100mb" }));

app.post("/hook", async (request, response) => {
  if (request.headers.authorization !== expected) {
    response.status(401).send("Unauthorized");
    return;
  }
  const file = await open(join(folder, `${request.body.metadata.request_id}.json`), "w");
  await file.writeFile(JSON.stringify(request.body));
  await file.sync();
  await file.close();
  response.status(200).send("OK");
});

const server = app.listen(0, "127.0.0.1", () => {
  console.log((server.address() as AddressInfo).port);
});
