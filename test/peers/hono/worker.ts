import { Hono } from "hono";

// A receiver as somebody in a hurry writes it for Workers: it takes dg-token for proof, reads the body
// as JSON, answers, and keeps the words of the first channel afterwards.

type Env = { Bindings: { BUCKET: R2Bucket; DG_TOKEN: string } };

type Callback = {
  metadata: { request_id: string; duration: number };
  results: { channels: { alternatives: { transcript: string; words: unknown[] }[] }[] };
};

const app = new Hono<Env>();

app.post("/hook", async (c) => {
  if (c.req.header("dg-token") !== c.env.DG_TOKEN) return c.text("Unauthorized", 401);
  const { metadata, results } = await c.req.json<Callback>();
  const [alternative] = results.channels[0]!.alternatives;
  const kept = { metadata, transcript: alternative!.transcript, words: alternative!.words };
  c.executionCtx.waitUntil(c.env.BUCKET.put(`${metadata.request_id}.json`, JSON.stringify(kept)));
  return c.json({ received: true });
});

app.get("/transcripts/:id", async (c) => {
  const object = await c.env.BUCKET.get(`${c.req.param("id")}.json`);
  if (object === null) return c.notFound();
  return c.body(object.body, 200, { "content-type": "application/json" });
});

export default app;
