import { readFile, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import express from "express";

// A receiver as guides to Deepgram's callbacks show it: Express with its JSON parser as it comes, Basic
// Auth by comparison, an answer at once, and a file a transcript. It is what many begin with.
// `node receiver.ts FOLDER USER PASSWORD` prints its port.

const [folder = "", user = "", password = ""] = process.argv.slice(2);

const app = express();
// Express prints its refusals unless it is being tested.
app.set("env", "test");
app.use(express.json());

app.post("/hook", (request, response) => {
  const expected = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
  if (request.headers.authorization !== expected) {
    response.status(401).send("Unauthorized");
    return;
  }
  response.status(200).send("OK");
  const id = request.body.metadata.request_id;
  writeFile(join(folder, `${id}.json`), JSON.stringify(request.body)).catch(console.error);
});

app.get("/transcripts/:id", async (request, response) => {
  try {
    const text = await readFile(join(folder, `${request.params.id}.json`), "utf8");
    response.type("application/json").send(text);
  } catch {
    response.status(404).send("Not found");
  }
});

const server = app.listen(0, "127.0.0.1", () => {
  console.log((server.address() as AddressInfo).port);
});
